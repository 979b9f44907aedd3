/** What `pages/live` tells other scripts: where Python is to be had, and an editor for it. */
interface Window {
  live?: {
    kernel(): Promise<import('./live/src/kernel.js').Kernel>;
    runAbove(place: Node): Promise<boolean>;
    show(
      message: import('./live/src/kernel.js').Message,
      area: HTMLElement,
      alt?: string,
    ): Promise<void>;
    sanitise(html: string): Promise<DocumentFragment>;
    edit: (
      ...what: Parameters<typeof import('./live/src/editor.js').editor>
    ) => Promise<ReturnType<typeof import('./live/src/editor.js').editor>>;
    cells: object[];
  };
}

interface DocumentEventMap {
  'live:output': CustomEvent<{ element: HTMLElement }>;
}

/** The build's own: what stands in addresses, Pyodide's version, and the bytes that Python takes. */
declare const __VERSION__: string;
declare const __PYODIDE__: string;
declare const __BYTES__: number;
