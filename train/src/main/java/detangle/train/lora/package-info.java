/** Training of low-rank adapters (LoRA and DoRA) on a model whose own weights stay as they are. */
package detangle.train.lora;
