/** Dockerfile, compose file and manifests, as far as they can be judged without running them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { settings } from '../../src/settings.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const [, runtime = ''] = text.split(/^FROM .*AS build$/m)[1]?.split(/^FROM /m) ?? [];
  const copied = [...runtime.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));

  it('ends as a user that is not root, with a health check', () => {
    expect(runtime).toMatch(/^USER node$/m);
    expect(runtime).toMatch(/^HEALTHCHECK /m);
    expect(runtime).toContain('/livez');
  });

  it('holds what the package needs: the package lists it, and it is there', () => {
    const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(read('package.json')));
    const code = files.filter((file) => !file.endsWith('.md'));
    expect([...copied, 'dist']).toEqual(expect.arrayContaining([...code, 'package.json']));
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('copies nothing that .dockerignore holds back', () => {
    const allowed = new Set([...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, path]) => path));
    const built = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    expect(built.filter((path) => !allowed.has(path))).toEqual([]);
    expect(built.length).toBeGreaterThan(6);
  });

  it('runs the Node that the package asks for', () => {
    expect([...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual(
      Array(2).fill('node:24-bookworm-slim'),
    );
  });
});

describe('docker-compose.yml', () => {
  const service = z.object({
    image: z.string(),
    profiles: z.array(z.string()).default([]),
    read_only: z.boolean().default(false),
    volumes: z.array(z.string()).default([]),
    ports: z.array(z.string()).default([]),
    environment: z.record(z.string(), z.string()).default({}),
    depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  });
  const file = z.object({ services: z.record(z.string(), service) });
  const { services } = file.parse(parse(read('docker-compose.yml'), { merge: true }));
  const all = Object.entries(services);

  it('starts Kafka and the registry only, unless the demo is asked for', () => {
    expect(all.filter(([, { profiles }]) => profiles.length === 0).map(([name]) => name)).toEqual([
      'kafka',
      'registry',
    ]);
  });

  it('pins every image, and opens ports on this machine only', () => {
    expect(all.filter(([, { image }]) => !/:(dev|v?\d+\.\d+\.\d+)$/.test(image))).toEqual([]);
    expect(all.flatMap(([, { ports }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('mounts what is there, and waits for services that are there', () => {
    const mounted = all.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    expect(mounted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const awaited = all.flatMap(([, { depends_on: awaits }]) => Object.keys(awaits));
    expect(awaited.filter((name) => services[name] === undefined)).toEqual([]);
  });

  it('gives Clientele a read-only root and settings that exist', () => {
    const ours = all.filter(([, { image }]) => image.startsWith('clientele:'));
    expect(ours.map(([name]) => name)).toEqual(['topics', 'clientele', 'import']);
    const known = new Set<string>(Object.values(settings).map(({ name }) => name));
    for (const [, { read_only: readOnly, environment }] of ours) {
      expect(readOnly).toBe(true);
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('lets Prometheus scrape the service by the name that the rules are written for', () => {
    expect(parse(read('deploy/observability/prometheus/prometheus.yml'))).toMatchObject({
      scrape_configs: [{ job_name: 'clientele', static_configs: [{ targets: ['clientele:8080'] }] }],
    });
  });
});

describe('Kubernetes manifests', () => {
  const folder = 'deploy/kubernetes';
  const probe = z.object({ httpGet: z.object({ path: z.enum(['/livez', '/readyz']), port: z.literal('http') }) });
  const container = z.object({
    env: z.array(z.object({ name: z.string(), value: z.string() })),
    securityContext: z.object({ readOnlyRootFilesystem: z.literal(true), allowPrivilegeEscalation: z.literal(false) }),
    startupProbe: probe,
    livenessProbe: probe,
    readinessProbe: probe,
    resources: z.object({ requests: z.object({ cpu: z.string(), memory: z.string() }) }),
  });
  const pod = z.object({
    terminationGracePeriodSeconds: z.number(),
    securityContext: z.object({ runAsNonRoot: z.literal(true) }),
    containers: z.tuple([container]),
  });
  const statefulSet = z.object({ spec: z.object({ template: z.object({ spec: pod }) }) });
  const { spec } = statefulSet.parse(parse(read(`${folder}/base/statefulset.yaml`))).spec.template;

  it('give settings that exist, and more time to end than the drain takes', () => {
    const known = new Set<string>(Object.values(settings).map(({ name }) => name));
    expect(spec.containers[0].env.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(Number(settings.drainDeadlineMs.fallback) * 2);
  });

  it('start with the model of the demo', () => {
    expect(read(`${folder}/base/model.yaml`)).toBe(read('examples/cdnow/model.yaml'));
  });

  it('name every file of the base, and only files that are there', () => {
    const listed = z.object({ resources: z.array(z.string()) }).parse(parse(read(`${folder}/base/kustomization.yaml`)));
    const files = readdirSync(join(root, folder, 'base')).filter((name) => !/^(kustomization|model)\./.test(name));
    expect([...listed.resources].sort()).toEqual(files.sort());
  });

  it('scale what is there, with a metric that is documented', () => {
    const [object] = parseAllDocuments(read(`${folder}/components/keda/scaledobject.yaml`));
    expect(object?.toJS()).toMatchObject({
      ...{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' },
      spec: { scaleTargetRef: { kind: 'StatefulSet', name: 'clientele' }, triggers: [{ type: 'prometheus' }] },
    });
    expect(read('docs/OPERATIONS.md')).toContain('| `clientele_lag_records` |');
  });
});
