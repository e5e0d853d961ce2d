package detangle.plug.djl;

import ai.djl.ndarray.NDList;
import ai.djl.nn.AbstractSymbolBlock;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import ai.djl.util.passthrough.PassthroughNDArray;
import detangle.pipelines.Pipeline;
import java.util.List;
import java.util.function.Function;

/** Answers a list of inputs, which the only element of an {@link NDList} holds, by a list of answers. */
final class PipelineBlock extends AbstractSymbolBlock {
    private final Pipeline pipeline;
    private final Function<List<?>, List<?>> function;

    PipelineBlock(Pipeline pipeline, Function<List<?>, List<?>> function) {
        this.pipeline = pipeline;
        this.function = function;
    }

    Pipeline pipeline() {
        return pipeline;
    }

    /** Returns none: parameters stay in the pipeline. */
    @Override
    public ParameterList getDirectParameters() {
        return new ParameterList();
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
        List<?> asked = (List<?>) ((PassthroughNDArray) inputs.singletonOrThrow()).getObject();
        return new NDList(new PassthroughNDArray(function.apply(asked)));
    }
}
