// Prints what the AI SDK has of a server in OpenAI's form: node aisdk.js URL MODEL TEXT...
import { createOpenAI } from "@ai-sdk/openai";
import { embed, embedMany } from "ai";

const [url, name, ...values] = process.argv.slice(2);
const model = createOpenAI({ apiKey: "none", baseURL: url }).textEmbeddingModel(name);
const { embeddings, usage } = await embedMany({ model, values });
const { embedding } = await embed({ model, value: values[0], providerOptions: { openai: { dimensions: 3 } } });
console.log(JSON.stringify({ embeddings, usage, short: embedding }));
