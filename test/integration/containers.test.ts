/** What the image would hold, run without Docker; the manifests as Kubernetes' own schemas see them. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../deploy/local-stack/run-command.ts';
import { findPython, needed } from '../support/optional-tool.ts';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'clientele-image-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the image', () => {
  it('holds enough to run: built code, schemas and packages, without the sources', async () => {
    const home = join(directory, 'image');
    mkdirSync(home);
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')];
    const built = await runCommand(process.execPath, [...tsc, '--outDir', join(home, 'dist')]);
    expect(built).toMatchObject({ code: 0, stdout: '' });
    for (const path of ['bin', 'schemas', 'package.json'])
      cpSync(join(root, path), join(home, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));

    const run = (...args: string[]) => runCommand(process.execPath, [join(home, 'bin/clientele'), ...args]);
    const version = await run('--version');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(version.code).toBe(0);
    expect(await run('model', 'check', join(root, 'examples/cdnow/model.yaml'))).toMatchObject({ code: 0 });
  });
});

describe('the Kubernetes overlays', () => {
  it.for(['overlays/development', 'overlays/production'])(
    '%s is valid to the last field',
    async (overlay, { skip }) => {
      const version = await runCommand('kubectl', ['version', '--client']).catch(() => null);
      needed(version?.code === 0 ? true : null, 'kubectl', skip);
      const found = await findPython('kubernetes-1', ['kubernetes-validate==1.37.0']);
      const python = needed(found, 'kubernetes-validate (PyPI)', skip);
      const rendered = await runCommand('kubectl', ['kustomize', join(root, 'deploy/kubernetes', overlay)]);
      expect(rendered).toMatchObject({ code: 0, stderr: '' });
      const judge = async (text: string) => {
        const file = join(directory, `${overlay.replace('/', '-')}.yaml`);
        writeFileSync(file, text);
        return runCommand(python, ['-m', 'kubernetes_validate', '--strict', file]);
      };
      expect(await judge(rendered.stdout)).toMatchObject({ code: 0 });
      expect(rendered.stdout.match(/^kind: /gm)?.length).toBeGreaterThanOrEqual(7);
      // The judge is strict: a field nobody knows is a fault.
      expect((await judge(rendered.stdout.replace('podManagementPolicy:', 'podPolicy:'))).code).not.toBe(0);
    },
  );
});
