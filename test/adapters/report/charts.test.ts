// Charts as SVG text: where marks land, and that what a file brought cannot become markup.
import { describe, expect, it } from 'vitest';
import { escaped, pairedBars, scatter, type Axis } from '../../../src/adapters/report/charts.ts';

const axis: Axis = { label: 'a < b', min: 0, max: 1, ticks: [0, 1], format: String };

describe('scatter', () => {
  it('puts the corners of the axes at the corners of the plot', () => {
    const svg = scatter(axis, axis, [
      { x: 0, y: 0, shape: 'dot', title: 'low' },
      { x: 1, y: 1, shape: 'square', title: 'high', low: 0.5, high: 1 },
    ]);
    expect(svg).toContain('<circle class="dot" cx="62.0" cy="294.0" r="4.5"><title>low</title>');
    expect(svg).toContain('<rect class="square" x="539.0" y="9.0"');
    expect(svg).toContain('class="whisker"');
    expect(svg).not.toContain('class="diagonal"');
  });

  it('keeps a mark beyond the axis at its edge', () => {
    expect(scatter(axis, axis, [{ x: 9, y: -9, shape: 'dot', title: '' }])).toContain('cx="544.0" cy="294.0"');
  });
});

describe('pairedBars', () => {
  it('draws two bars per category, as high as their values', () => {
    const svg = pairedBars('x', [{ name: '0', first: 1, second: 0.5 }], axis, ['actual', 'expected']);
    expect(svg).toContain('height="280.0"><title>actual 0: 1.000');
    expect(svg).toContain('height="140.0"><title>expected 0: 0.500');
  });
});

describe('escaped', () => {
  it('turns markup into text', () => {
    expect(escaped('<b a="1">&')).toBe('&lt;b a=&quot;1&quot;&gt;&amp;');
    expect(scatter(axis, axis, [])).toContain('a &lt; b');
  });
});
