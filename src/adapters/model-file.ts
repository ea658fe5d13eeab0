/**
 * The model file: YAML text to a Model, or every fault with its line. Reads and locates; what a model may say is decided
 * by the check it is given (`checkModel` of the domain).
 */
import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Model } from '../domain/model.ts';
import type { ModelCheck } from '../domain/model-check.ts';

/** One thing wrong with the file; `line` counts from 1 and is null where no place could be found. */
export interface ModelFileFault {
  readonly line: number | null;
  /** For example `tiers.levels[0].enter`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** A model, or everything wrong with the file at once. */
export type ModelFile =
  { readonly ok: true; readonly model: Model } | { readonly ok: false; readonly faults: readonly ModelFileFault[] };

/** Parses and checks the text of a model file. */
export function parseModel(text: string, check: (plain: unknown) => ModelCheck): ModelFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, path: '', message }));
    return { ok: false, faults };
  }
  const checked = check(document.toJS({ maxAliasCount: 100 }));
  if (checked.ok) return checked;
  const faults = checked.faults.map(({ path, message }) => ({ line: lineOf(document, path, lines), path, message }));
  return { ok: false, faults };
}

/** Reads and checks a model file; a file that cannot be read is a fault of the whole. */
export function readModelFile(path: string, check: (plain: unknown) => ModelCheck): ModelFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, faults: [{ line: null, path: '', message }] };
  }
  return parseModel(text, check);
}

/** Line of the value at a path; of the nearest part around it when the value itself is missing. */
function lineOf(document: Document, path: string, lines: LineCounter): number | null {
  const keys = path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
