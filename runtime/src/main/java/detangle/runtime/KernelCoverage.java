package detangle.runtime;

import detangle.backend.Device;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.text.Parser;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The operations of a program that a device has no kernel for, by the names that the IR gives them. A device that runs
 * everything leaves these to the interpreter, where they are right and slow; one that does not leaves them to the CPU.
 * Nothing is run to find out.
 *
 * @param operations all that the program computes at each run, as the compiler leaves them
 * @param lacking those of them that the device has no kernel for, at the types and shapes of the program
 */
public record KernelCoverage(Set<String> operations, Set<String> lacking) {
    /** The layers of a model that are enough to have all of its operations: the first is different in some models. */
    private static final int INSPECTED_LAYERS = 2;

    public KernelCoverage {
        operations = Collections.unmodifiableSet(new TreeSet<>(operations));
        lacking = Collections.unmodifiableSet(new TreeSet<>(lacking));
    }

    /**
     * Returns the coverage of a model from its configuration alone. Its weights are taken to be as the program says.
     */
    public static KernelCoverage of(Device device, DebertaConfig config, Architecture head, Convention convention) {
        DebertaConfig few = config.numHiddenLayers() <= INSPECTED_LAYERS ? config : config.withLayers(INSPECTED_LAYERS);
        ModelOptions options = ModelOptions.DEFAULT.with(convention).withHiddenStates(false);
        return of(device, DebertaModel.build(few, head, options));
    }

    /**
     * Returns the coverage of a program as {@link CompiledProgram} and {@link Session} compile it. Its parameters need
     * no data.
     */
    public static KernelCoverage of(Device device, Program program) {
        return of(device, program, Passes.packedOptimisations());
    }

    /** Returns the coverage of a program that has each operation once, with the types that models give it. */
    public static KernelCoverage of(Device device) {
        return of(device, allOperations(), Passes.optimisations());
    }

    private static KernelCoverage of(Device device, Program program, List<Pass> passes) {
        Program compiled = Compiler.run(WithoutWeights.bound(program), passes, (pass, p) -> {});
        Set<Node> eachRun = compiled.eachRun();
        List<Node> computed = compiled.nodes().stream()
                .filter(node -> eachRun.contains(node) && !(node.op() instanceof TensorOp.Input))
                .toList();
        List<Node> lacking = device.isPartial()
                ? computed.stream().filter(node -> !device.runs(node)).toList()
                : device.interpreted(compiled);
        return new KernelCoverage(names(computed), names(lacking));
    }

    private static Set<String> names(List<Node> nodes) {
        return nodes.stream().map(node -> node.op().mnemonic()).collect(Collectors.toSet());
    }

    static Program allOperations() {
        String file = "operations.dtir";
        try (InputStream text = KernelCoverage.class.getResourceAsStream(file)) {
            return Parser.parse(file, new String(text.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns the operations that lack a kernel as one line for people: their names, {@code none} or {@code all
     * operations}.
     */
    public String text() {
        return lacking.isEmpty() ? "none" : lacking.equals(operations) ? "all operations" : String.join(", ", lacking);
    }
}
