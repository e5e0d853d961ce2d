package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Runs of a model on one encoding, with which tests compare the answers of pipelines. */
final class EncoderRuns {
    static Map<String, Tensor> run(Path model, Encoding encoding) {
        return run(model, encoding, Optional.empty());
    }

    static Map<String, Tensor> run(Path model, Encoding encoding, Optional<Architecture> head) {
        long[] ids = new long[encoding.length()];
        long[] mask = new long[encoding.length()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = encoding.ids()[i];
            mask[i] = 1;
        }
        try (Session session = Session.load(
                model,
                OptionValues.with(SessionOptions.DEFAULT.withBackend("reference"), head, SessionOptions::withHead))) {
            return session.run(Map.of(
                    "input_ids", Tensor.of(ids, 1, ids.length), "attention_mask", Tensor.of(mask, 1, ids.length)));
        }
    }

    private EncoderRuns() {}
}
