package detangle.train;

import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradients;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.deberta.HeadLosses;
import detangle.train.optimizer.ParameterUpdates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The programs that train a model, compiled. All of them read and replace the same variables: the parameters by their
 * names in checkpoints, the states of the optimizer as {@link ParameterUpdates#state} names them, and with accumulation
 * the gradients as {@link #gradient} does.
 *
 * <p>An update of the parameters is one run of {@link #step}, so that its gradients live in planned memory. An update
 * from several micro-batches is one run of {@link #accumulate} for each, which adds up gradients in variables, and one
 * of {@link #apply}.
 */
public final class TrainingPrograms {
    /** The name of the scalar input {@code f32[]} that multiplies the loss before it is differentiated. */
    public static final String LOSS_FACTOR = "loss_factor";

    /**
     * The name of the scalar input {@code f32[]} of {@link #accumulate}: 0 for the first micro-batch of an update,
     * then 1.
     */
    public static final String KEEPS = "keeps_gradients";

    /** The name of the scalar output that is the norm of all gradients together, before they are clipped. */
    public static final String GRADIENT_NORM = "grad_norm";

    private static final TensorType SCALAR = new TensorType(DType.F32, Shape.SCALAR);

    private final Program forward;
    private final List<String> outputs;
    private final ParameterUpdates.Plan plan;
    private final SequencedMap<String, TensorType> trained;
    private final boolean checkpointing;

    private TrainingPrograms(
            Program forward,
            List<String> outputs,
            ParameterUpdates.Plan plan,
            SequencedMap<String, TensorType> trained,
            boolean checkpointing) {
        this.forward = forward;
        this.outputs = List.copyOf(outputs);
        this.plan = plan;
        this.trained = trained;
        this.checkpointing = checkpointing;
    }

    /**
     * Makes the programs for a model with its loss.
     *
     * @param model a program with the output {@link HeadLosses#LOSS}, as {@link detangle.models.deberta.TrainingModel}
     *     builds it
     * @param packed whether the padding of batches is left out, where the program allows it: see
     *     {@link detangle.compiler.PackedInputs}
     * @throws TrainingException if no parameter is left to train
     * @throws detangle.train.optimizer.OptimizerException if a parameter that is to be frozen is not there, or rates
     *     follow from layers and no parameter belongs to one
     */
    public static TrainingPrograms of(Program model, ParameterUpdates.Plan plan, boolean packed) {
        return of(model, List.of(), plan, packed);
    }

    /**
     * Makes the programs, as {@link #of(Program, ParameterUpdates.Plan, boolean)} does, with more outputs.
     *
     * @param outputs the outputs of the model that {@link #step} and {@link #accumulate} have beside the loss
     */
    public static TrainingPrograms of(Program model, List<String> outputs, ParameterUpdates.Plan plan, boolean packed) {
        plan.groups().check(parameters(model).keySet());
        Set<String> frozen = plan.groups().frozen().among(parameters(model).keySet());
        List<Output> kept = new ArrayList<>();
        Stream.concat(Stream.of(HeadLosses.LOSS), outputs.stream())
                .forEach(name -> kept.add(new Output(name, model.output(name))));
        model.outputs().stream()
                .filter(output -> SiftGradient.OUTPUTS.contains(output.name()))
                .forEach(kept::add);
        Program needed = new Program(model.name(), model.inputs(), kept, model.constants());
        Program forward = Compiler.run(needed, Passes.training(packed), (pass, program) -> {});
        SequencedMap<String, TensorType> trained = parameters(forward);
        trained.keySet().removeAll(frozen);
        if (trained.isEmpty()) {
            throw new TrainingException("no parameter is left to train: all are frozen");
        }
        return new TrainingPrograms(forward, outputs, plan, trained, false);
    }

    /**
     * Returns these programs, but that the backward pass computes each layer of the encoder again, so that only the
     * layer's input is kept until then. Losses and gradients are the same.
     *
     * @throws TrainingException if no weight has the name of a layer's
     */
    public TrainingPrograms withGradientCheckpointing() {
        if (LayerNumbers.of(weights(forward)).isEmpty()) {
            throw new TrainingException(
                    "gradient_checkpointing computes layers of the encoder again, and no parameter is"
                            + " called like encoder.layer.0.: train without it");
        }
        return new TrainingPrograms(forward, outputs, plan, trained, true);
    }

    private static Stream<String> weights(Program program) {
        return Stream.concat(parameters(program).keySet().stream(), program.constants().keySet().stream());
    }

    /** Returns the parameters that a program reads, in the order in which it reads them. */
    static SequencedMap<String, TensorType> parameters(Program program) {
        SequencedMap<String, TensorType> parameters = new LinkedHashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.put(name, type);
            }
        }
        return parameters;
    }

    /** Returns the name of the variable in which the gradient of a parameter is added up. */
    public static String gradient(String parameter) {
        return "gradient." + parameter;
    }

    /** Returns the names of the model's outputs that the programs have beside the loss. */
    List<String> outputs() {
        return outputs;
    }

    /** Returns the plan of how parameters are updated. */
    ParameterUpdates.Plan plan() {
        return plan;
    }

    /** Returns the parameters that are trained: the loss depends on them, and they are not frozen. */
    public SequencedMap<String, TensorType> trained() {
        return new LinkedHashMap<>(trained);
    }

    /**
     * Compiles the program that computes new parameters from a batch. Its inputs are those of the model, {@link
     * #LOSS_FACTOR}, and the scalars of {@link ParameterUpdates}. Its outputs are {@link HeadLosses#LOSS} without the
     * factor, those of the model that are asked for, and {@link #GRADIENT_NORM}; if the norm is not a finite number, no
     * variable changes.
     */
    public Plan step() {
        Builder b = new Builder();
        Backward backward = backward(b);
        SequencedMap<Node, Node> gradients = new LinkedHashMap<>();
        backward.gradients().forEach((name, gradient) -> gradients.put(b.param(name, trained.get(name)), gradient));
        ParameterUpdates updates = ParameterUpdates.of(b, plan, gradients);
        List<Node> inputs = new ArrayList<>(backward.inputs());
        inputs.addAll(updates.inputs());
        List<Output> all = new ArrayList<>(backward.outputs());
        all.add(new Output(GRADIENT_NORM, updates.norm()));
        return compiled("step", inputs, all, updates.updates());
    }

    /**
     * Compiles the program that adds the gradients of a micro-batch to variables. Its inputs are those of the model,
     * {@link #LOSS_FACTOR} and {@link #KEEPS}. Its outputs are {@link HeadLosses#LOSS} and those of the model that are
     * asked for.
     */
    public Plan accumulate() {
        Builder b = new Builder();
        Backward backward = backward(b);
        List<Node> inputs = new ArrayList<>(backward.inputs());
        inputs.add(b.input(KEEPS, SCALAR));
        // A selection drops the earlier sum; a product with 0 would keep what is NaN in it.
        Node keeps = b.compare(Comparison.NE, inputs.getLast(), b.constant(DType.F32, 0));
        List<Update> updates = new ArrayList<>();
        backward.gradients().forEach((name, gradient) -> {
            Node sum = b.param(gradient(name), trained.get(name));
            Node kept = b.select(keeps, sum, b.constant(DType.F32, 0));
            updates.add(new Update(sum, b.add(kept, gradient)));
        });
        return compiled("accumulate", inputs, backward.outputs(), updates);
    }

    /**
     * Compiles the program that computes new parameters from gradients that were added up. Its inputs are the scalars
     * of {@link ParameterUpdates}. Its output is {@link #GRADIENT_NORM}; if the norm is not a finite number, no
     * variable changes.
     */
    public Plan apply() {
        Builder b = new Builder();
        SequencedMap<Node, Node> gradients = new LinkedHashMap<>();
        trained.forEach((name, type) -> gradients.put(b.param(name, type), b.param(gradient(name), type)));
        ParameterUpdates updates = ParameterUpdates.of(b, plan, gradients);
        return compiled(
                "apply", updates.inputs(), List.of(new Output(GRADIENT_NORM, updates.norm())), updates.updates());
    }

    /** The loss of a batch and what else the model says, the gradients, and the inputs from which all are computed. */
    private record Backward(List<Node> inputs, List<Output> outputs, SequencedMap<String, Node> gradients) {}

    private Backward backward(Builder b) {
        Node factor = b.input(LOSS_FACTOR, SCALAR);
        LayerNumbers numbers = LayerNumbers.of(checkpointing ? weights(forward) : Stream.of());
        Function<String, OptionalInt> layers = numbers::layer;
        Program whole = SiftGradient.in(forward, factor, layers);
        Output scaled = new Output("scaled_loss", b.mul(whole.output(HeadLosses.LOSS), factor));
        List<Node> inputs = new ArrayList<>(whole.inputs());
        inputs.add(factor);
        Program differentiated = new Program(whole.name(), inputs, List.of(scaled), whole.constants());
        return new Backward(
                inputs,
                whole.outputs().stream()
                        .filter(o -> o.name().equals(HeadLosses.LOSS) || outputs.contains(o.name()))
                        .toList(),
                Gradients.of(differentiated, scaled.name(), trained.keySet(), layers));
    }

    private Plan compiled(String name, List<Node> inputs, List<Output> outputs, List<Update> updates) {
        Program program = new Program(name, inputs, outputs, updates, forward.constants());
        return Compiler.compile(program, Passes.afterGradients());
    }

    /**
     * Compiles the evaluation of a model whose parameters are the same variables. Its inputs and outputs stay.
     *
     * @param model the model without dropout
     */
    public static Plan evaluation(Program model, boolean packed) {
        return Compiler.compile(model, packed ? Passes.packedOptimisations() : Passes.optimisations());
    }
}
