/** Checkpoints: named tensors in safetensors files, one file or sharded, mapped and not copied. */
package detangle.models.weights;
