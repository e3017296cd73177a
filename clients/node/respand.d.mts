// The types for `import … from "./respand.mjs"`.
export * from "./respand.js";
