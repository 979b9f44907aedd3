// Graphviz, laid out where Python runs.
export { instance } from '@viz-js/viz';
