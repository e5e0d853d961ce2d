// Prints what HuggingFace's client for JavaScript has of a server for each task: node tasks.js URL REQUESTS, with the
// requests as JSON: a list of the name of a method, the path of a model and arguments.
import { InferenceClient } from "@huggingface/inference";

const [url, requests] = process.argv.slice(2);
const client = new InferenceClient("hf_none");
const answers = [];
for (const [method, path, args] of JSON.parse(requests)) {
  answers.push(await client.endpoint(url + path)[method](args));
}
console.log(JSON.stringify(answers));
