// Lint is type-aware: an unawaited promise or a forgotten case is a bug here, not a style.
import tseslint from 'typescript-eslint';

const noNodeImports = { patterns: [{ group: ['node:*'], message: 'domain and pipeline know no Node module.' }] };
const noClock = [
  'error',
  { name: 'Date', message: 'Time enters as data (asOf, occurredAt) or through the Clock port.' },
];
// Formatting an instant that is data is fine; reading the clock is not.
const noClockRead = [
  'error',
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time enters through the Clock port.' },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Time enters through the Clock port.',
  },
  { selector: "CallExpression[callee.name='Date']", message: 'Time enters through the Clock port.' },
];
const noRandom = ['error', { object: 'Math', property: 'random', message: 'Randomness enters through a port.' }];

export default tseslint.config(
  { ignores: ['dist/', '.tools/', '.cache/', 'node_modules/', 'src/domain/contracts.ts'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]|/(adapters|pipeline|cli)/', message: 'domain imports domain only.' }] },
      ],
      'no-restricted-globals': noClock,
      'no-restricted-properties': noRandom,
    },
  },
  {
    files: ['src/pipeline/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', noNodeImports],
      'no-restricted-syntax': noClockRead,
      'no-restricted-properties': noRandom,
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-console': 'error' } },
  { files: ['src/cli/**/*.ts', 'src/main.ts'], rules: { 'no-console': 'off' } },
);
