// A solc executable out of the official WebAssembly build, for tools that expect the native one.
//
// usage: node solc_wasm.js SOLJSON SHA256 (--version | --standard-json [--allow-paths A,B]
//     [--base-path P] [--include-path Q]...)
//
// It stands alone: no npm package but the compiler itself, whose sha256 is checked at every use.
// As with the native solc, imports are looked up in the base path (by default the working directory)
// and then in the include paths, and read from these and the allowed paths only.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

function fail(message) {
  process.stderr.write(`solc (WebAssembly): ${message}\n`);
  process.exit(1);
}

const [compilerPath, expectedHash, ...options] = process.argv.slice(2);
if (!compilerPath || !expectedHash) fail('usage: solc_wasm.js SOLJSON SHA256 OPTIONS');

let code;
try {
  code = fs.readFileSync(compilerPath);
} catch (error) {
  fail(`cannot read ${compilerPath}: run \`make install\` to restore it`);
}
const actualHash = crypto.createHash('sha256').update(code).digest('hex');
if (actualHash !== expectedHash) {
  fail(`${compilerPath} has sha256 ${actualHash}, expected ${expectedHash}: run \`make install\``);
}

let mode = '';
let basePath = process.cwd();
const includePaths = [];
const allowedPaths = [];
for (let i = 0; i < options.length; i++) {
  const option = options[i];
  if (option === '--version' || option === '--standard-json') mode = option;
  else if (option === '--allow-paths') allowedPaths.push(...(options[++i] || '').split(','));
  else if (option.startsWith('--allow-paths=')) {
    allowedPaths.push(...option.slice('--allow-paths='.length).split(','));
  } else if (option === '--base-path') basePath = path.resolve(options[++i] || '');
  else if (option === '--include-path') includePaths.push(path.resolve(options[++i] || ''));
  else fail(`unrecognised option '${option}'`);
}
allowedPaths.push(basePath, ...includePaths);
if (!mode) fail('only --version and --standard-json are supported');

// Emscripten's handlers would print the whole compiler when anything is thrown.
const compiler = require(compilerPath);
process.removeAllListeners('uncaughtException');
process.removeAllListeners('unhandledRejection');

if (mode === '--version') {
  const version = compiler.cwrap('solidity_version', 'string', [])();
  process.stdout.write('solc, the solidity compiler commandline interface\n');
  process.stdout.write(`Version: ${version}\n`);
  process.exit(0);
}

function realPath(name) {
  try {
    return fs.realpathSync(name);
  } catch (error) {
    return null;
  }
}
const allowedFolders = allowedPaths.filter(Boolean).map(realPath).filter(Boolean);

function isAllowed(file) {
  return allowedFolders.some((folder) => {
    const relative = path.relative(folder, file);
    return relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
  });
}

function readImport(name) {
  const folders = [basePath, ...includePaths];
  const file = folders.map((folder) => realPath(path.resolve(folder, name))).find(Boolean);
  if (file === undefined) return { error: `File not found: ${name}` };
  if (!isAllowed(file)) return { error: `File outside of allowed directories: ${name}` };
  try {
    return { contents: fs.readFileSync(file, 'utf8') };
  } catch (error) {
    return { error: `Cannot read ${name}: ${error.message}` };
  }
}

// The compiler frees what is returned through these pointers when it is reset.
const allocate = compiler.cwrap('solidity_alloc', 'number', ['number']);
function returnString(text, pointer) {
  const size = compiler.lengthBytesUTF8(text) + 1;
  const buffer = allocate(size);
  compiler.stringToUTF8(text, buffer, size);
  compiler.setValue(pointer, buffer, '*');
}

function callback(context, kind, data, contents, error) {
  const what = compiler.UTF8ToString(kind);
  const result = what === 'source'
    ? readImport(compiler.UTF8ToString(data))
    : { error: `No ${what} callback` };
  if (result.contents !== undefined) returnString(result.contents, contents);
  else returnString(result.error, error);
}

const compile = compiler.cwrap('solidity_compile', 'string', ['string', 'number', 'number']);
const input = fs.readFileSync(0, 'utf8');
const output = compile(input, compiler.addFunction(callback, 'viiiii'), 0);
// Written synchronously: process.exit would cut what a pipe has not taken yet.
let rest = Buffer.from(`${output}\n`, 'utf8');
while (rest.length > 0) {
  try {
    rest = rest.subarray(fs.writeSync(1, rest));
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
  }
}
process.exit(0);
