// The model of the corpus: the demo's, with a currency that has a rate and an attribute that is on the list.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const demo = join(import.meta.dirname, '../../../examples/cdnow/model.yaml');

/** Text of the model file. Throws: when the demo's model no longer has the lines that are changed. */
export function corpusModel(): string {
  let text = readFileSync(demo, 'utf8');
  for (const [line, instead] of [
    [/^rates: \{\}.*$/m, 'rates: { EUR: 1.08 }'],
    [/^attributes: \{\}.*$/m, 'attributes: { region: [north, south] }'],
  ] as const) {
    if (!line.test(text)) throw new Error(`the demo's model has no line like ${String(line)}`);
    text = text.replace(line, instead);
  }
  return text;
}

/** Writes the model file into a new directory; returns both paths. */
export function writeCorpusModel(): { readonly directory: string; readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'clientele-corpus-'));
  const path = join(directory, 'model.yaml');
  writeFileSync(path, corpusModel());
  return { directory, path };
}
