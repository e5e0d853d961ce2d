package detangle.hostile;

import detangle.backend.InputException;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.InvalidInputException;
import detangle.ir.InvalidModelException;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.Verifier;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import detangle.models.files.ModelFile;
import detangle.runtime.CompiledProgram;
import detangle.runtime.SessionOptions;
import detangle.testing.RandomPrograms;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Programs as text: they are parsed, verified, printed, optimised, interpreted and run. */
final class ProgramReader implements Reader {
    static final String FILE = "program.dtir";

    /** What each symbol is bound to, one after the other. */
    private static final long[] SIZES = {3, 1, 2};

    /** Larger inputs would cost what nobody wants to know. */
    private static final long MAX_ELEMENTS = 100_000;

    @Override
    public String name() {
        return "program";
    }

    @Override
    public int megabytes() {
        return 48;
    }

    @Override
    public List<Hostile> good() {
        return Stream.concat(
                        Stream.of(
                                text("an example", ProgramFiles.EXAMPLE, ""),
                                text("kernels", ProgramFiles.KERNELS, "")),
                        LongStream.range(0, 30)
                                .mapToObj(seed -> text(
                                        "a random one, " + seed,
                                        Printer.print(
                                                RandomPrograms.sample(seed).program()),
                                        "")))
                .toList();
    }

    @Override
    public List<Hostile> madeByHand() {
        return ProgramFiles.all();
    }

    static Hostile text(String name, String text, String expected) {
        return new Hostile(name, FolderWriter.file(FILE, text), expected);
    }

    /** What refuses a program that is read says no file, as there need not be one. */
    private static final class Refused extends InvalidModelException {
        private static final long serialVersionUID = 1L;

        Refused(Path file, String message) {
            super(file + ": " + message);
        }
    }

    @Override
    public void read(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            run(file, ModelFile.read(file).text());
        } catch (InvalidModelException | InvalidInputException | IOException e) {
            throw new Refused(file, e.getMessage());
        }
    }

    private static void run(Path file, String text) {
        Program program = Parser.parse(file.toString(), text);
        Verifier.check(program);
        String printed = Printer.print(program);
        if (!Printer.print(Parser.parse(file.toString(), printed)).equals(printed)) {
            throw new IllegalStateException("what is printed is not read as it was");
        }
        Printer.print(Compiler.run(program, Passes.packedOptimisations(), (pass, p) -> {}));
        for (int shift = 0; shift < SIZES.length; shift++) {
            Optional<Program> whole = withData(program);
            Optional<Map<String, Tensor>> inputs = inputs(program, shift);
            if (whole.isPresent() && inputs.isPresent()) {
                new Interpreter(Precision.F32).run(whole.get(), inputs.get());
                try (CompiledProgram compiled = CompiledProgram.load(whole.get(), Map.of(), SessionOptions.DEFAULT)) {
                    compiled.run(inputs.get());
                }
            }
        }
    }

    private static Optional<Program> withData(Program program) {
        Map<String, Tensor> data = new HashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)) {
                Optional<Tensor> tensor = tensor(type, Map.of());
                if (tensor.isEmpty()) {
                    return Optional.empty();
                }
                data.put(name, tensor.get());
            }
        }
        return Optional.of(program.withConstants(data));
    }

    /** Empty if they would be large; sizes that cannot be are refused. */
    private static Optional<Map<String, Tensor>> inputs(Program program, int shift) {
        Map<String, Long> sizes = new TreeMap<>();
        for (Node input : program.inputs()) {
            input.shape()
                    .dims()
                    .forEach(dim -> dim.symbols()
                            .forEach(symbol ->
                                    sizes.computeIfAbsent(symbol, s -> SIZES[(sizes.size() + shift) % SIZES.length])));
        }
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node input : program.inputs()) {
            Optional<Tensor> tensor = tensor(input.type(), sizes);
            if (tensor.isEmpty()) {
                return Optional.empty();
            }
            inputs.put(((TensorOp.Input) input.op()).name(), tensor.get());
        }
        return Optional.of(inputs);
    }

    private static Optional<Tensor> tensor(TensorType type, Map<String, Long> sizes) {
        long[] shape = type.shape().evaluate(sizes);
        double elements = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new InputException("an input would have an axis of " + size);
            }
            elements *= size;
        }
        if (elements > MAX_ELEMENTS) {
            return Optional.empty();
        }
        double[] values = new double[(int) elements];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.dtype() == DType.I1 ? i % 2 : type.dtype().isFloat() ? (i % 7 - 3) / 4.0 : i % 3;
        }
        return Optional.of(Tensor.ofDoubles(type.dtype(), values, shape));
    }
}
