/** Adapters in the files of HuggingFace's PEFT: low-rank changes of a model's matrices (LoRA, DoRA). */
package detangle.models.adapter;
