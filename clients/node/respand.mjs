// respand's client for Node, for `import`: respand.cjs, which has to lie beside it, is all of it (Apache-2.0).
import respand from "./respand.cjs";

export const { Client } = respand;
