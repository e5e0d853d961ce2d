package detangle.backend.tornado.cublaslt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the text of one kernel in PTX, the assembly language of NVIDIA's driver, and hands out its registers. */
final class PtxWriter {
    private static final int GENERATION = 80;

    /** The classes of registers. */
    private enum Register {
        B16,
        B32,
        B64,
        F32,
        PRED;

        private String type() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final StringBuilder body = new StringBuilder();
    private final List<String> parameters = new ArrayList<>();
    private final Map<Register, Integer> registers = new EnumMap<>(Register.class);

    private String register(Register kind) {
        return "%" + kind.type() + "_" + (registers.merge(kind, 1, Integer::sum) - 1);
    }

    String b16() {
        return register(Register.B16);
    }

    String b32() {
        return register(Register.B32);
    }

    String b64() {
        return register(Register.B64);
    }

    String f32() {
        return register(Register.F32);
    }

    String pred() {
        return register(Register.PRED);
    }

    String[] b32s(int count) {
        return IntStream.range(0, count).mapToObj(i -> b32()).toArray(String[]::new);
    }

    String[] f32s(int count) {
        return IntStream.range(0, count).mapToObj(i -> f32()).toArray(String[]::new);
    }

    /** Adds a parameter of a type such as {@code u64}, and returns a register with its value. */
    String parameter(String type) {
        String name = "argument" + parameters.size();
        parameters.add(".param ." + type + " " + name);
        String value = switch (type) {
            case "u64" -> b64();
            case "f32" -> f32();
            default -> b32();
        };
        op("ld.param." + type, value, "[" + name + "]");
        return value;
    }

    /** Adds an instruction. */
    void op(String instruction, Object... operands) {
        body.append("    ")
                .append(instruction)
                .append(Arrays.stream(operands).map(Object::toString).collect(Collectors.joining(", ", " ", ";\n")));
    }

    /** Adds an instruction that is executed where a predicate holds; {@code !p} names one that does not. */
    void when(String predicate, String instruction, Object... operands) {
        op("@" + predicate + " " + instruction, operands);
    }

    /** Adds an integer instruction, and returns a new register with its result. */
    String integer(String instruction, Object... operands) {
        return result(b32(), instruction, operands);
    }

    /** Adds an instruction whose result has 64 bits, and returns a new register with it. */
    String wide(String instruction, Object... operands) {
        return result(b64(), instruction, operands);
    }

    /** Adds a comparison, and returns a new predicate. */
    String compare(String instruction, Object... operands) {
        return result(pred(), instruction, operands);
    }

    private String result(String to, String instruction, Object... operands) {
        Object[] all = new Object[operands.length + 1];
        all[0] = to;
        System.arraycopy(operands, 0, all, 1, operands.length);
        op(instruction, all);
        return to;
    }

    void label(String name) {
        body.append(name).append(":\n");
    }

    /** Registers in braces, as instructions on several of them take them. */
    static String vector(String... registers) {
        return "{" + String.join(", ", registers) + "}";
    }

    /** Returns the place so many bytes behind an address. */
    static String at(String address, int bytes) {
        return "[" + address + (bytes < 0 ? "" : "+") + bytes + "]";
    }

    /**
     * Returns the module: the kernel with a name, whose shared memory is the array {@code room}.
     *
     * @param groups the groups that a multiprocessor is to have at the same time
     */
    String module(String entry, int threads, int groups) {
        String declarations = registers.entrySet().stream()
                .map(e -> "    .reg ." + e.getKey().type() + " %" + e.getKey().type() + "_<" + e.getValue() + ">;\n")
                .collect(Collectors.joining());
        return ".version 7.4\n.target sm_" + GENERATION + "\n.address_size 64\n"
                + ".extern .shared .align 16 .b8 room[];\n"
                + ".visible .entry " + entry + "(\n    " + String.join(",\n    ", parameters) + ")\n"
                + ".maxntid " + threads + ", 1, 1\n.minnctapersm " + groups + "\n{\n" + declarations + body + "}\n";
    }
}
