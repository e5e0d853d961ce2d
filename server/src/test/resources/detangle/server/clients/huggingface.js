// Prints the vectors that HuggingFace's client has of a server, one for each text: node huggingface.js URL TEXT...
import { InferenceClient } from "@huggingface/inference";

const [url, ...inputs] = process.argv.slice(2);
const client = new InferenceClient("hf_none").endpoint(url);
console.log(JSON.stringify(await client.featureExtraction({ inputs })));
