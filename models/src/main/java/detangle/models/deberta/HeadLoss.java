package detangle.models.deberta;

import detangle.ir.Node;
import java.util.Map;

/**
 * The loss that trains a {@link Head} of one's own, written with the IR builder. The expected answers are inputs that
 * the loss makes; their names must not be those of the model's inputs.
 *
 * <pre>{@code
 * HeadLoss squares = (encoder, outputs) -> {
 *     Builder b = encoder.builder();
 *     Node wanted = b.input("wanted", TensorType.of(DType.F32, encoder.batch(), Dim.of(1)));
 *     return Losses.mean(b, Losses.squaredErrors(b, outputs.get("score"), wanted));
 * };
 * }</pre>
 */
@FunctionalInterface
public interface HeadLoss {
    /**
     * Returns the loss of the batch, {@code f32[]}.
     *
     * @param outputs those of the head, by name
     */
    Node loss(EncoderOutput encoder, Map<String, Node> outputs);
}
