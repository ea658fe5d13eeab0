/**
 * The model file: YAML text to a Model, or every fault with its line. Reads and locates; what a model may say is decided
 * by the check it is given (`checkModel` of the domain).
 */
import { readFileSync } from 'node:fs';
import { Document, isCollection, isNode, LineCounter, parseDocument, visit } from 'yaml';
import type { Fault } from '../domain/check.ts';
import type { Model } from '../domain/model.ts';
import type { ModelCheck } from '../domain/model-check.ts';

/** One thing wrong with the file; `line` counts from 1 and is null where no place could be found. */
export interface ModelFileFault {
  readonly line: number | null;
  /** For example `tiers.levels[0].enter`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** A model and what deserves a look in it, or everything wrong with the file at once. */
export type ModelFile =
  | { readonly ok: true; readonly model: Model; readonly warnings: readonly ModelFileFault[] }
  | { readonly ok: false; readonly faults: readonly ModelFileFault[] };

/** Parses and checks the text of a model file. */
export function parseModel(text: string, check: (plain: unknown) => ModelCheck): ModelFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, path: '', message }));
    return { ok: false, faults };
  }
  keepDecimals(document);
  const checked = check(document.toJS({ maxAliasCount: 100 }));
  const located = ({ path, message }: Fault): ModelFileFault => ({
    line: lineOf(document, path, lines),
    path,
    message,
  });
  if (checked.ok) return { ok: true, model: checked.model, warnings: checked.warnings.map(located) };
  return { ok: false, faults: checked.faults.map(located) };
}

/** Returns the model whose content (`modelContent`) is given. Throws for text that is not JSON. */
export function modelOfContent(content: string): Model {
  return JSON.parse(content) as Model;
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

/** Returns a plain model as YAML, what fits on a line on one. */
export function modelYaml(plain: Readonly<Record<string, unknown>>): string {
  const document = new Document(plain);
  visit(document, {
    Collection: (_, node) => {
      const isShort = JSON.stringify(node).length <= flowLengthMax;
      if (node !== document.contents && isShort) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

/** Characters of JSON that still make a readable line with their key. */
const flowLengthMax = 100;

/** A rate is decimal text: a double would already have rounded what the file says. */
function keepDecimals(document: Document): void {
  const rates: unknown = document.get('rates', true);
  if (!isCollection(rates)) return;
  visit(rates, {
    Scalar: (_, node) => {
      if (typeof node.value === 'number' && node.source !== undefined) node.value = node.source;
    },
  });
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
