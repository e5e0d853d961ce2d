// Prints what OpenAI's client for JavaScript has of a server: node openai.js URL MODEL TEXT...
import OpenAI from "openai";

const [url, model, ...input] = process.argv.slice(2);
const client = new OpenAI({ apiKey: "none", baseURL: url });
const models = await client.models.list();
const answer = await client.embeddings.create({ model, input });
let error;
try {
  await client.embeddings.create({ model: "unknown", input });
} catch (e) {
  error = { status: e.status, type: e.type, name: e.constructor.name };
}
console.log(JSON.stringify({ models: models.data.map((m) => m.id), answer, error }));
