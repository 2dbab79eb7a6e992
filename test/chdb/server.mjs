// ClickHouse's HTTP interface over an engine in this process, for tests: one
// session, on the loopback, on a port that is printed as the first line. It ends
// when its standard input does, so that it never outlives the test.
//
//   POST /?query=…&param_NAME=…&default_format=…&SETTING=…   the body follows the query, or is the data of an INSERT
//   GET  /ping

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

const scratch = mkdtempSync(join(tmpdir(), 'chdb-'));
const session = new Session(join(scratch, 'data'));
const insert = /^\s*INSERT\s+INTO\s+(.*?)\s+FORMAT\s+(\w+)\s*$/is;
// What is no setting of the statement among the parameters of an address.
const known = /^(query|query_id|database|default_format|wait_end_of_query|user|password|param_.*)$/;
let files = 0;

// A parameter of text is in the escaped form of TSV.
const escapes = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0', '\\': '\\', "'": "'" };
const unescape = (text) => text.replace(/\\(.)/gs, (all, c) => escapes[c] ?? all);

async function run(url, body) {
  const params = {};
  for (const [name, value] of url.searchParams)
    if (name.startsWith('param_')) params[name.slice(6)] = unescape(value);
  const query = url.searchParams.get('query') ?? '';
  const settings = [...url.searchParams].filter(([name]) => !known.test(name)).map(([name, value]) => `${name} = '${value.replace(/['\\]/g, '\\$&')}'`);
  const data = insert.exec(query);
  if (data && body.length > 0) {
    const [, into, format] = data;
    const file = join(scratch, `${++files}.bin`);
    writeFileSync(file, body);
    const given = settings.length ? ` SETTINGS ${settings.join(', ')}` : '';
    try {
      await session.queryAsync(`INSERT INTO ${into} FROM INFILE '${file}'${given} FORMAT ${format}`);
    } finally {
      rmSync(file);
    }
    return '';
  }
  let sql = query && body.length > 0 ? `${query}\n${body}` : query || body.toString();
  if (settings.length && /^\s*(SELECT|WITH)\b/i.test(sql)) sql += ` SETTINGS ${settings.join(', ')}`;
  const format = url.searchParams.get('default_format') ?? 'TabSeparated';
  const result = Object.keys(params).length
    ? await session.queryBindAsync(sql, params, { format })
    : await session.queryAsync(sql, { format });
  return Buffer.from(result.bytes());
}

// One at a time: the engine has one session.
let last = Promise.resolve();

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/ping') return response.end('Ok.\n');
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    last = last.then(async () => {
      try {
        response.end(await run(url, Buffer.concat(parts)));
      } catch (error) {
        const code = error.clickhouseCode ?? 1002;
        response.statusCode = code === 241 ? 500 : 400;
        response.setHeader('X-ClickHouse-Exception-Code', String(code));
        response.end(`Code: ${code}. DB::Exception: ${error.message}\n`);
      }
    });
  });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));

process.stdin.on('end', () => {
  server.close();
  server.closeAllConnections();
  last.then(() => {
    session.close();
    rmSync(scratch, { recursive: true, force: true });
    process.exit(0);
  });
});
process.stdin.resume();
