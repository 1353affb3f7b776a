// Compiles what a start imports, with the interpreter that will run it, and writes it into the zip and the wheels.
//   node compile.mjs FOLDER START.py
// In a browser nothing keeps what the interpreter compiled, so each start would compile it again. What no start imports
// stays as it is: compiled files are larger.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Node would print the whole interpreter, which is one line, before it says what went wrong.
process.on("uncaughtException", (error) => {
  console.error(String(error.message || error).slice(0, 4000));
  process.exitCode = 1;
});
const [folder, start] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const { packages } = JSON.parse(readFileSync(`${folder}/pyodide-lock.json`));
const python = await loadPyodide({ indexURL: `${folder}/`, stdout: () => {} });
await python.loadPackage(Object.keys(packages), { messageCallback: () => {} });
python.runPython(readFileSync(start, "utf-8"));
const compiled = python.runPython(`
import importlib.util, io, sys, zipfile
from _frozen_importlib_external import _code_to_hash_pyc

origins = {getattr(module.__spec__, "origin", None) or "" for module in list(sys.modules.values()) if getattr(module, "__spec__", None)}
# A module is named by its place in the zip or below the folder of packages.
places = {part for origin in origins for part in [origin.partition(".zip/")[2] or origin.partition("/site-packages/")[2]] if part}

def compiled(data):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data.to_py())) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            if name.endswith("/"):
                continue
            body = old.read(name)
            if name in places:
                code = compile(body, name, "exec", dont_inherit=True)
                name, body = name + "c", _code_to_hash_pyc(code, importlib.util.source_hash(body), False)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()

compiled
`);
for (const name of ["python_stdlib.zip", ...Object.values(packages).map((one) => one.file_name)]) {
  writeFileSync(`${folder}/${name}`, compiled(new Uint8Array(readFileSync(`${folder}/${name}`))).toJs());
}
