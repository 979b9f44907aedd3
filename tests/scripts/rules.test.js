// What may stand in the output of a cell: nothing that runs, nothing that asks another host.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  base64,
  description,
  isData,
  isInline,
  reachesOut,
  styleReachesOut,
} from '../../pages/live/src/rules.js';

test('of scripts, data pass, and nothing else', () => {
  assert.equal(isData('application/json'), true);
  for (const type of [undefined, null, '', 'module', 'text/javascript', 'application/json+x'])
    assert.equal(isData(type), false, String(type));
});

test('a picture is inline, or it is not shown', () => {
  assert.equal(isInline('data:image/png;base64,AA=='), true);
  for (const address of ['https://a.b/c.png', '//a.b/c.png', 'c.png', 'data:text/html,x'])
    assert.equal(isInline(address), false, address);
});

test('what a drawing uses is within it', () => {
  for (const tag of ['use', 'image']) {
    assert.equal(reachesOut(tag, '#arrow'), false);
    assert.equal(reachesOut(tag, 'data:image/webp;base64,AA'), false);
    assert.equal(reachesOut(tag, 'data:image/svg+xml,<svg/>'), true);
    assert.equal(reachesOut(tag, 'https://a.b/c.svg#d'), true);
  }
});

test('a link may lead anywhere: it is followed when a reader follows it', () => {
  assert.equal(reachesOut('a', 'https://a.b/'), false);
});

test('a style takes from its own page only', () => {
  for (const style of ['fill: url(#hatch)', 'fill: url("#hatch")', "fill:url('#hatch')", ''])
    assert.equal(styleReachesOut(style), false, style);
  for (const style of ['background: url(https://a.b)', 'background: URL("//a.b")'])
    assert.equal(styleReachesOut(style), true, style);
});

test('a picture’s data cannot end early', () => {
  assert.equal(base64('AA/+=" onerror="x\n'), 'AA/+=onerror=x');
});

test('a drawing is described by what it says of itself, else by what is written in it', () => {
  assert.equal(description('A net', ['a', 'b']), 'A net');
  assert.match(description('', ['a', '', 'b']), /In it is written: a b$/);
  assert.equal(description(null, ['', '']), 'A picture that this code has drawn.');
});

test('a description comes to an end', () => {
  const said = description(null, Array(500).fill('word'));
  assert.match(said, / …$/);
  assert.ok(said.length < 500, said);
});
