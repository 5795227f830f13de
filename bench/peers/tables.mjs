// What the databases are told of each input: where its rows come from, and which of them fail, with
// address, clock hour and account. Query Q is the same for all (see run.py).
import { openSync, readSync, closeSync } from "node:fs";

const wanted = ["Date (UTC)", "Username", "IP address", "Sign-in error code"];

// The columns of a portal download, by position: two of them have the same name.
function columnsOf(path) {
  const descriptor = openSync(path);
  const head = Buffer.alloc(65536);
  const bytes = readSync(descriptor, head);
  closeSync(descriptor);
  const names = head.subarray(0, bytes).toString().split(/\r?\n/, 1)[0].split(",");
  const [time, user, ip, code] = wanted.map((name) => `c${names.indexOf(name) + 1}`);
  return { count: names.length, time, user, ip, code };
}

function quoted(path) {
  return `'${path.replaceAll("'", "''")}'`;
}

const failed = "(50126, 50053, 50034)";

// The fastest form of several that were tried: DuckDB's own types for JSON take longer than a look
// into each object by path.
export const duckdb = {
  ndjson: (path) => `SELECT json->>'$.properties.ipAddress' AS ip,
      (json->>'$.properties.createdDateTime')[1:13] AS hour,
      json->>'$.properties.userPrincipalName' AS account
    FROM read_ndjson_objects(${quoted(path)})
    WHERE CAST(json->>'$.properties.status.errorCode' AS INTEGER) IN ${failed}`,
  csv: (path) => {
    const { count, time, user, ip, code } = columnsOf(path);
    const columns = Array.from({ length: count }, (_, i) => `c${i + 1}: 'VARCHAR'`).join(", ");
    return `SELECT ${ip} AS ip, ${time}[1:13] AS hour, ${user} AS account
      FROM read_csv(${quoted(path)}, skip = 1, header = false, auto_detect = false, delim = ',',
        quote = '"', escape = '"', new_line = '\\r\\n', columns = {${columns}})
      WHERE ${code} IN ('50126', '50053', '50034')`;
  },
  sshd: (path) => `SELECT regexp_extract(line, ' from ([^ ]+) port', 1) AS ip, line[1:13] AS hour,
      regexp_extract(line, 'Failed password for (?:invalid user )?([^ ]+) from', 1) AS account
    FROM read_csv(${quoted(path)}, header = false, auto_detect = false, delim = '\\x01',
      quote = '', escape = '', columns = {line: 'VARCHAR'})
    WHERE contains(line, 'Failed password')`,
};

// ClickHouse reads lines and takes them apart with simdjson, which knows the structure of JSON.
export const clickhouse = {
  ndjson: (path) => `SELECT JSONExtractString(line, 'properties', 'ipAddress') AS ip,
      substring(JSONExtractString(line, 'properties', 'createdDateTime'), 1, 13) AS hour,
      JSONExtractString(line, 'properties', 'userPrincipalName') AS account
    FROM file(${quoted(path)}, 'LineAsString', 'line String')
    WHERE JSONExtractInt(line, 'properties', 'status', 'errorCode') IN ${failed}`,
  csv: (path) => {
    const { count, time, user, ip, code } = columnsOf(path);
    const columns = Array.from({ length: count }, (_, i) => `c${i + 1} String`).join(", ");
    return `SELECT ${ip} AS ip, substring(${time}, 1, 13) AS hour, ${user} AS account
      FROM file(${quoted(path)}, 'CSV', '${columns}')
      WHERE ${code} IN ('50126', '50053', '50034')
      SETTINGS input_format_csv_skip_first_lines = 1`;
  },
  sshd: (path) => `SELECT extract(line, ' from ([^ ]+) port') AS ip, substring(line, 1, 13) AS hour,
      extract(line, 'Failed password for (?:invalid user )?([^ ]+) from') AS account
    FROM file(${quoted(path)}, 'LineAsString', 'line String')
    WHERE position(line, 'Failed password') > 0`,
};
