package detangle.export.gliner;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.export.onnx.OnnxModel;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.Head;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Adds the programs of a model to its graph, with their parameters. */
record ProgramGraph(OnnxModel model, Map<String, Tensor> parameters) {
    private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withHiddenStates(false);

    /**
     * Adds a program.
     *
     * @param given values of the graph by the names of the program's inputs
     * @return values of the graph by the names of the program's outputs
     */
    Map<String, String> add(Program program, Map<String, String> given) {
        return model.add(Compiler.run(program, Passes.export(parameters), (pass, p) -> {}), given);
    }

    /**
     * Adds an encoder with a head, whose tokens are all of the first type unless types are given.
     *
     * @param weights the encoder's
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @param given values of the graph by the names of the encoder's inputs
     */
    Map<String, String> encoded(
            DebertaConfig encoder, Weights weights, Head head, boolean ignoreUnused, Map<String, String> given) {
        Checkpoint.checkSizes(weights, encoder);
        Program program = DebertaModel.build(encoder, head, OPTIONS);
        Map<String, Tensor> own = Checkpoint.parameters(weights, encoder, program, Optional.empty(), ignoreUnused);
        FiniteWeights.check(weights, own);
        Map<String, Tensor> all = new HashMap<>(parameters);
        all.putAll(own);
        Map<String, String> inputs = new HashMap<>(given);
        if (encoder.typeVocabSize() > 0 && !given.containsKey(InputNames.TOKEN_TYPES)) {
            String zeros = model.operator("Mul", List.of(given.get(InputNames.IDS), model.scalar(DType.I64, 0)));
            inputs.put(InputNames.TOKEN_TYPES, zeros);
        }
        return model.add(Compiler.run(program, Passes.export(all), (pass, p) -> {}), inputs);
    }
}
