package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A model run on one encoding by the reference backend: what pipelines are compared with. */
final class DirectRun {
    private DirectRun() {}

    static Map<String, Tensor> of(Path model, Encoding encoding) {
        long[] ids = Arrays.stream(encoding.ids()).asLongStream().toArray();
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withBackend("reference"))) {
            return session.run(Map.of(
                    "input_ids", Tensor.of(ids, 1, ids.length), "attention_mask", Tensor.of(mask, 1, ids.length)));
        }
    }
}
