/** What `pages/live` tells other scripts: where Python is to be had. */
interface Window {
  live?: { kernel(): Promise<any> };
}
