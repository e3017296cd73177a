// The types for `require("./respand.cjs")`.
export * from "./respand.js";
