package detangle.runtime;

import detangle.compiler.PackedInputs;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.IrException;
import detangle.ir.Level;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Symbols;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.Verifier;
import detangle.ir.text.ParseException;
import detangle.ir.text.Parser;
import detangle.models.weights.ArtifactException;
import detangle.models.weights.Weights;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The text of a program in an artifact, held against the model that it is to compute: it takes and gives what the
 * model does and reads the model's parameters, so that no artifact answers with a program of something else. What it
 * computes is not proved.
 */
final class StoredProgram {
    /** The prefix of the names of constants that the compiler has computed. */
    private static final String FOLDED = "folded.";

    private final Path file;
    private final String section;
    private final Weights weights;
    private final Program model;

    /**
     * @param section the name of the program's
     * @param weights the artifact's
     * @param model the program of the configuration, as it is before it is compiled
     */
    StoredProgram(Path file, String section, Weights weights, Program model) {
        this.file = file;
        this.section = section;
        this.weights = weights;
        this.model = model;
    }

    /**
     * Returns the program with its data.
     *
     * @throws ArtifactException if the program is damaged; it says how
     */
    Program read(byte[] text) {
        Program program;
        try {
            program = Parser.parse(section, new String(text, StandardCharsets.UTF_8));
            Verifier.check(program);
        } catch (ParseException | IrException e) {
            throw new ArtifactException(file, e.getMessage());
        }
        checkInputs(program);
        checkOutputs(program);
        checkLevel(program);
        return program.withConstants(constants(program));
    }

    private ArtifactException fault(String fault) {
        return new ArtifactException(
                file, section + " " + fault + ": it is not a program of the model that config.json describes");
    }

    private static String signature(Node input) {
        return ((TensorOp.Input) input.op()).name() + ": " + input.type();
    }

    private void checkInputs(Program program) {
        List<String> expected =
                model.inputs().stream().map(StoredProgram::signature).toList();
        List<String> found =
                program.inputs().stream().map(StoredProgram::signature).toList();
        if (!found.equals(expected) && !packed(expected).contains(found)) {
            throw fault("takes " + String.join(", ", found) + ", where the model takes " + String.join(", ", expected));
        }
    }

    /** Returns the model's inputs and those that say where tokens stand, of programs that leave padding out. */
    private List<List<String>> packed(List<String> expected) {
        Shape ids = model.inputs().getFirst().shape();
        Dim batch = ids.sub(0, ids.rank() - 1).elements();
        List<String> rows = new ArrayList<>(expected);
        rows.add(PackedInputs.ROWS + ": " + TensorType.of(DType.I64, Dim.symbol(Symbols.TOKENS)));
        rows.add(PackedInputs.SEGMENTS + ": " + TensorType.of(DType.I32, batch.plus(1)));
        List<String> tokens = new ArrayList<>(rows);
        tokens.add(PackedInputs.TOKENS + ": " + TensorType.of(DType.I32, ids.elements()));
        return List.of(rows, tokens);
    }

    private void checkOutputs(Program program) {
        List<String> expected = model.outputs().stream()
                .map(o -> o.name() + ": " + o.node().type())
                .toList();
        List<String> found = program.outputs().stream()
                .map(o -> o.name() + ": " + o.node().type())
                .toList();
        if (!found.equals(expected)) {
            throw fault("gives " + String.join(", ", found) + ", where the model gives " + String.join(", ", expected));
        }
    }

    private void checkLevel(Program program) {
        try {
            Level.STORED.check(program);
        } catch (IrException e) {
            throw new ArtifactException(file, e.getMessage());
        }
    }

    private Map<String, Tensor> constants(Program program) {
        Map<String, Shape> parameters = new HashMap<>();
        for (Node node : model.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.put(name, type.shape());
            }
        }
        Map<String, Tensor> constants = new HashMap<>();
        Set<String> conversions = new HashSet<>();
        for (Node node : program.nodes()) {
            switch (node.op()) {
                case TensorOp.Constant(Literal.Named(String name), TensorType type) -> {
                    Shape shape = parameters.get(name);
                    if (shape == null ? !name.startsWith(FOLDED) : !shape.equals(type.shape())) {
                        throw fault("reads '" + name + "' as " + type
                                + (shape == null ? ", which the model does not have" : ", which is " + shape));
                    }
                    if (constants.put(name, data(name, type)) != null) {
                        throw fault("reads '" + name + "' twice");
                    }
                }
                // A device keeps what it makes of a weight, once for each place where it is asked to.
                case TensorOp.Convert(DType to)
                when node.input(0).op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type) -> {
                    if (!conversions.add(to + name)) {
                        throw fault("converts '" + name + "' twice");
                    }
                }
                default -> {
                    // Whatever else it computes.
                }
            }
        }
        return constants;
    }

    private Tensor data(String name, TensorType type) {
        Tensor tensor = weights.find(name)
                .orElseThrow(() -> new ArtifactException(file, section + " reads '" + name + "', which is not there"));
        if (!tensor.type().equals(type)) {
            throw new ArtifactException(
                    file, section + " takes '" + name + "' for " + type + ", and it is " + tensor.type());
        }
        return tensor;
    }
}
