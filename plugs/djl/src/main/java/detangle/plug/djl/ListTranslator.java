package detangle.plug.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.passthrough.PassthroughNDArray;
import java.util.List;

/** Hands inputs to a {@link PipelineBlock} and its answers back, all inputs of a batch together. */
final class ListTranslator<I, O> implements Translator<I, O> {
    /** A predictor hands a whole batch to translators that have a batchifier, and single inputs to others. */
    @Override
    public Batchifier getBatchifier() {
        return Batchifier.STACK;
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<I> inputs) {
        return new NDList(new PassthroughNDArray(List.copyOf(inputs)));
    }

    @Override
    @SuppressWarnings("unchecked")
    public List<O> batchProcessOutput(TranslatorContext context, NDList list) {
        return (List<O>) ((PassthroughNDArray) list.singletonOrThrow()).getObject();
    }

    @Override
    public NDList processInput(TranslatorContext context, I input) {
        return batchProcessInput(context, List.of(input));
    }

    @Override
    public O processOutput(TranslatorContext context, NDList list) {
        return batchProcessOutput(context, list).getFirst();
    }
}
