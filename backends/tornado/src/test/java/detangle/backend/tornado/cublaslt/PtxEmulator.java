package detangle.backend.tornado.cublaslt;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs kernels in PTX on memory of this process: the instructions that {@link AttentionPtx} writes, as NVIDIA's
 * description of PTX has them. Each warp runs to the next barrier before another one does, and a copy to shared memory
 * arrives when it is waited for, so that a missing barrier or wait shows as a wrong result.
 */
@SuppressWarnings("restricted")
final class PtxEmulator {
    private static final int WARP = 32;

    /** Where shared memory begins among addresses of 32 bits. */
    private static final int ROOM = 1024;

    private static final Pattern INSTRUCTION = Pattern.compile("(?:@(!?)(\\S+) )?(\\S+)(?: (.*))?;");
    private static final Pattern OPERAND = Pattern.compile("\\{[^}]*}|\\[[^]]*]|[^,\\s]+");
    private static final Pattern PARAMETER = Pattern.compile("\\.param \\.(\\w+) (\\w+)");
    private static final Pattern PLACE = Pattern.compile("\\[([^+-]+)([+-]\\d+)?]");

    /**
     * An operand, or a part of one.
     *
     * @param register the index of the register whose value it is; that of a constant is negative
     * @param value the constant, or what is added to the register
     * @param parts the operands in braces
     */
    private record Operand(String text, int register, long value, List<Operand> parts) {}

    /** @param code the whole name, such as {@code add.f32}, and {@code name} its first part */
    private record Instruction(
            boolean negated, Operand guard, String code, String name, String type, List<Operand> operands) {
        boolean is(String prefix) {
            return code.startsWith(prefix);
        }

        boolean isBrain() {
            return code.contains("bf16");
        }
    }

    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final Map<String, Integer> registers = new HashMap<>();
    private final List<String> parameterTypes = new ArrayList<>();
    private final String entry;
    private final int threads;

    PtxEmulator(String module) {
        Matcher parameters = PARAMETER.matcher(module);
        while (parameters.find()) {
            parameterTypes.add(parameters.group(1));
        }
        entry = module.replaceFirst("(?s).*\\.entry (\\w+).*", "$1");
        threads = Integer.parseInt(module.replaceFirst("(?s).*\\.maxntid (\\d+).*", "$1"));
        module.substring(module.indexOf('{')).lines().map(String::strip).forEach(this::read);
    }

    private void read(String line) {
        if (line.startsWith(".reg")) {
            String name = line.substring(line.indexOf('%'), line.indexOf('<'));
            int count = Integer.parseInt(line.substring(line.indexOf('<') + 1, line.indexOf('>')));
            for (int i = 0; i < count; i++) {
                registers.put(name + i, registers.size());
            }
        } else if (line.endsWith(":")) {
            labels.put(line.substring(0, line.length() - 1), instructions.size());
        } else if (line.endsWith(";")) {
            Matcher m = INSTRUCTION.matcher(line);
            if (!m.matches()) {
                throw new IllegalArgumentException(line);
            }
            String code = m.group(3);
            instructions.add(new Instruction(
                    "!".equals(m.group(1)),
                    m.group(2) == null ? null : operand(m.group(2)),
                    code,
                    code.replaceFirst("\\..*", ""),
                    code.substring(code.lastIndexOf('.') + 1),
                    operands(m.group(4) == null ? "" : m.group(4))));
        }
    }

    private List<Operand> operands(String text) {
        return OPERAND.matcher(text).results().map(m -> operand(m.group())).toList();
    }

    private Operand operand(String text) {
        if (text.startsWith("{")) {
            return new Operand(text, -1, 0, operands(text.substring(1, text.length() - 1)));
        }
        Matcher place = PLACE.matcher(text);
        if (place.matches()) {
            String offset = place.group(2);
            return new Operand(
                    text,
                    registers.getOrDefault(place.group(1), -1),
                    offset == null ? 0 : Integer.parseInt(offset),
                    List.of());
        }
        Integer register = registers.get(text);
        if (register != null) {
            return new Operand(text, register, 0, List.of());
        }
        long value = text.startsWith("0f")
                ? Integer.parseUnsignedInt(text.substring(2), 16)
                : text.equals("room") ? ROOM : text.matches("-?\\d.*") ? Long.decode(text) : 0;
        return new Operand(text, -1, value, List.of());
    }

    String entry() {
        return entry;
    }

    int threads() {
        return threads;
    }

    /** Returns the bytes of the parameters by their place. */
    List<Integer> parameterBytes() {
        return parameterTypes.stream().map(t -> t.equals("u64") ? 8 : 4).toList();
    }

    /**
     * Runs all groups.
     *
     * @param parameters the bits of the parameters
     * @param backward whether the last warp of a group is the first to run
     */
    void run(int x, int y, long[] parameters, int sharedBytes, boolean backward) {
        for (int j = 0; j < y; j++) {
            for (int i = 0; i < x; i++) {
                new Group(i, j, parameters, sharedBytes).run(backward);
            }
        }
    }

    private final class Group {
        private final int x;
        private final int y;
        private final long[] parameters;
        private final MemorySegment shared;
        private final long[][] values = new long[registers.size()][threads];
        private final Warp[] warps = new Warp[threads / WARP];

        Group(int x, int y, long[] parameters, int sharedBytes) {
            this.x = x;
            this.y = y;
            this.parameters = parameters;
            // Memory that nothing has written holds NaN.
            this.shared = MemorySegment.ofArray(new long[sharedBytes / Long.BYTES + 1])
                    .fill((byte) -1);
            for (long[] register : values) {
                Arrays.fill(register, -1);
            }
            Arrays.setAll(warps, Warp::new);
        }

        void run(boolean backward) {
            do {
                for (int i = 0; i < warps.length; i++) {
                    warps[backward ? warps.length - 1 - i : i].run();
                }
                pass();
            } while (Arrays.stream(warps).anyMatch(warp -> !warp.ended));
        }

        /** Lets the warps, which all wait at one barrier, go on. */
        private void pass() {
            List<Warp> waiting =
                    Arrays.stream(warps).filter(warp -> !warp.ended).toList();
            if (waiting.isEmpty()) {
                return;
            }
            Instruction barrier = instructions.get(waiting.getFirst().next);
            if (waiting.size() < warps.length || waiting.stream().anyMatch(w -> w.next != waiting.getFirst().next)) {
                throw new IllegalStateException("warps wait at different barriers");
            }
            if (barrier.is("bar.red.and")) {
                boolean all = true;
                for (int t = 0; t < threads; t++) {
                    all &= get(barrier.operands.get(2), t) != 0;
                }
                for (int t = 0; t < threads; t++) {
                    set(barrier.operands.get(0), t, all ? 1 : 0);
                }
            }
            waiting.forEach(warp -> warp.next++);
        }

        private long get(Operand operand, int thread) {
            return operand.register < 0 ? operand.value : values[operand.register][thread];
        }

        private void set(Operand register, int thread, long value) {
            values[register.register][thread] = value;
        }

        private int integer(Operand operand, int thread) {
            return (int) get(operand, thread);
        }

        private float real(Operand operand, int thread) {
            return Float.intBitsToFloat((int) get(operand, thread));
        }

        private void setReal(Operand register, int thread, float value) {
            set(register, thread, Float.floatToRawIntBits(value) & 0xFFFFFFFFL);
        }

        private void setInteger(Operand register, int thread, int value) {
            set(register, thread, value & 0xFFFFFFFFL);
        }

        private long address(Operand operand, int thread) {
            return values[operand.register][thread] + operand.value;
        }

        /** Returns a part of shared memory. */
        private MemorySegment room(long address, int bytes) {
            requireAligned(address, bytes);
            return shared.asSlice(address - ROOM, bytes);
        }

        private static MemorySegment global(long address, int bytes) {
            requireAligned(address, bytes);
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        }

        private static void requireAligned(long address, int bytes) {
            if (address % bytes != 0) {
                throw new IllegalStateException("the address " + address + " is not a multiple of " + bytes);
            }
        }

        private int half(long address) {
            return Short.toUnsignedInt(room(address, 2).get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
        }

        private final class Warp {
            private final int first;
            private final List<Runnable> copies = new ArrayList<>();
            private final Queue<List<Runnable>> groups = new ArrayDeque<>();
            private int next;
            private boolean ended;

            Warp(int index) {
                first = index * WARP;
            }

            /** Runs to the next barrier or to the end. */
            void run() {
                while (!ended) {
                    Instruction i = instructions.get(next);
                    if (i.is("bar")) {
                        return;
                    }
                    next++;
                    step(i);
                }
            }

            private boolean isActive(Instruction i, int thread) {
                return i.guard == null || (get(i.guard, thread) != 0) != i.negated;
            }

            private void step(Instruction i) {
                switch (i.name) {
                    case "bra" -> {
                        boolean taken = isActive(i, first);
                        for (int t = first; t < first + WARP; t++) {
                            if (isActive(i, t) != taken) {
                                throw new IllegalStateException("threads of a warp take different branches");
                            }
                        }
                        next = taken ? labels.get(i.operands.getFirst().text) : next;
                    }
                    case "ret" -> ended = true;
                    case "ldmatrix" -> loadMatrices(i);
                    case "mma" -> multiply(i);
                    case "shfl" -> exchange(i);
                    case "cp" -> copy(i);
                    default -> {
                        for (int t = first; t < first + WARP; t++) {
                            if (isActive(i, t)) {
                                compute(i, t);
                            }
                        }
                    }
                }
            }

            private void copy(Instruction i) {
                if (i.is("cp.async.commit_group")) {
                    groups.add(List.copyOf(copies));
                    copies.clear();
                } else if (i.is("cp.async.wait_group")) {
                    while (groups.size() > i.operands.getFirst().value) {
                        groups.remove().forEach(Runnable::run);
                    }
                } else {
                    for (int t = first; t < first + WARP; t++) {
                        if (isActive(i, t)) {
                            MemorySegment target = room(address(i.operands.get(0), t), 16);
                            long source = address(i.operands.get(1), t);
                            int bytes = i.operands.size() > 3 ? integer(i.operands.get(3), t) : 16;
                            target.fill((byte) -1);
                            copies.add(() -> {
                                target.fill((byte) 0);
                                if (bytes > 0) {
                                    target.copyFrom(global(source, 16).asSlice(0, bytes));
                                }
                            });
                        }
                    }
                }
            }

            private void loadMatrices(Instruction i) {
                List<Operand> results = i.operands.get(0).parts;
                boolean transposed = i.code.contains(".trans.");
                for (int matrix = 0; matrix < results.size(); matrix++) {
                    for (int lane = 0; lane < WARP; lane++) {
                        long[] pair = new long[2];
                        for (int n = 0; n < 2; n++) {
                            int row = transposed ? lane % 4 * 2 + n : lane / 4;
                            int column = transposed ? lane / 4 : lane % 4 * 2 + n;
                            long begin = address(i.operands.get(1), first + 8 * matrix + row);
                            if (begin % 16 != 0) {
                                throw new IllegalStateException("a misaligned row");
                            }
                            pair[n] = half(begin + 2 * column);
                        }
                        set(results.get(matrix), first + lane, pair[0] | pair[1] << 16);
                    }
                }
            }

            private float element(Operand register, int lane, int half, boolean brain) {
                int bits = (int) (get(register, first + lane) >>> 16 * half) & 0xFFFF;
                return brain ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat((short) bits);
            }

            private void multiply(Instruction i) {
                boolean brain = i.isBrain();
                List<Operand> to = i.operands.get(0).parts;
                List<Operand> left = i.operands.get(1).parts;
                List<Operand> right = i.operands.get(2).parts;
                List<Operand> before = i.operands.get(3).parts;
                float[][] a = new float[16][16];
                float[][] b = new float[8][16];
                for (int lane = 0; lane < WARP; lane++) {
                    for (int half = 0; half < 2; half++) {
                        int column = lane % 4 * 2 + half;
                        for (int n = 0; n < 4; n++) {
                            a[lane / 4 + n % 2 * 8][column + n / 2 * 8] = element(left.get(n), lane, half, brain);
                        }
                        for (int n = 0; n < 2; n++) {
                            b[lane / 4][column + n * 8] = element(right.get(n), lane, half, brain);
                        }
                    }
                }
                for (int lane = 0; lane < WARP; lane++) {
                    for (int n = 0; n < 4; n++) {
                        float[] row = a[lane / 4 + n / 2 * 8];
                        float[] column = b[lane % 4 * 2 + n % 2];
                        double sum = real(before.get(n), first + lane);
                        for (int d = 0; d < 16; d++) {
                            sum += (double) row[d] * column[d];
                        }
                        setReal(to.get(n), first + lane, (float) sum);
                    }
                }
            }

            private void exchange(Instruction i) {
                long[] all = new long[WARP];
                for (int lane = 0; lane < WARP; lane++) {
                    all[lane] = get(i.operands.get(1), first + lane);
                }
                for (int lane = 0; lane < WARP; lane++) {
                    int other = lane ^ (int) i.operands.get(2).value;
                    set(i.operands.get(0), first + lane, all[other]);
                }
            }
        }

        private void compute(Instruction i, int t) {
            Operand to = i.operands.getFirst();
            Operand a = i.operands.get(1);
            Operand b = i.operands.size() > 2 ? i.operands.get(2) : null;
            Operand c = i.operands.size() > 3 ? i.operands.get(3) : null;
            boolean isReal = i.type.equals("f32");
            switch (i.name) {
                case "ld" -> set(to, t, load(i, a, t));
                case "st" -> store(i, to, a, t);
                case "mov" -> set(to, t, special(a, t));
                case "add" -> {
                    if (isReal) {
                        setReal(to, t, real(a, t) + real(b, t));
                    } else {
                        setInteger(to, t, integer(a, t) + integer(b, t));
                    }
                }
                case "sub" -> {
                    if (isReal) {
                        setReal(to, t, real(a, t) - real(b, t));
                    } else {
                        setInteger(to, t, integer(a, t) - integer(b, t));
                    }
                }
                case "mul" -> {
                    switch (i.type) {
                        case "f32" -> setReal(to, t, real(a, t) * real(b, t));
                        default -> setInteger(to, t, integer(a, t) * integer(b, t));
                    }
                }
                case "mad" -> {
                    if (i.code.equals("mad.wide.s32")) {
                        set(to, t, (long) integer(a, t) * integer(b, t) + get(c, t));
                    } else if (i.code.equals("mad.wide.u32")) {
                        set(to, t, (get(a, t) & 0xFFFFFFFFL) * (get(b, t) & 0xFFFFFFFFL) + get(c, t));
                    } else {
                        setInteger(to, t, integer(a, t) * integer(b, t) + integer(c, t));
                    }
                }
                case "fma" -> setReal(to, t, Math.fma(real(a, t), real(b, t), real(c, t)));
                case "ex2" -> setReal(to, t, (float) Math.pow(2, real(a, t)));
                case "rcp" -> setReal(to, t, 1 / real(a, t));
                case "max" -> {
                    if (isReal) {
                        setReal(to, t, max(real(a, t), real(b, t)));
                    } else {
                        setInteger(to, t, Math.max(integer(a, t), integer(b, t)));
                    }
                }
                case "min" -> setInteger(to, t, Math.min(integer(a, t), integer(b, t)));
                case "div" -> setInteger(to, t, Integer.divideUnsigned(integer(a, t), integer(b, t)));
                case "rem" -> setInteger(to, t, Integer.remainderUnsigned(integer(a, t), integer(b, t)));
                case "shl" -> setInteger(to, t, integer(a, t) << integer(b, t));
                case "shr" -> setInteger(to, t, integer(a, t) >>> integer(b, t));
                case "and" -> set(to, t, get(a, t) & get(b, t));
                case "selp" -> set(to, t, get(get(c, t) != 0 ? a : b, t) & 0xFFFFFFFFL);
                case "setp" -> set(to, t, compare(i, a, b, t) ? 1 : 0);
                case "cvt" -> set(to, t, convert(i, a, b, t));
                default -> throw new IllegalArgumentException(i.code);
            }
        }

        /** The value of an operand, which may be where a thread is. */
        private long special(Operand operand, int thread) {
            return switch (operand.text) {
                case "%tid.x" -> thread;
                case "%ctaid.x" -> x;
                case "%ctaid.y" -> y;
                default -> get(operand, thread);
            };
        }

        /** The larger number; another one where one is not a number. */
        private static float max(float a, float b) {
            return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b);
        }

        private boolean compare(Instruction i, Operand a, Operand b, int t) {
            int order;
            if (i.type.equals("f32")) {
                if (Float.isNaN(real(a, t)) || Float.isNaN(real(b, t))) {
                    return false;
                }
                order = Float.compare(real(a, t) + 0f, real(b, t) + 0f);
            } else {
                order = i.type.equals("u32")
                        ? Integer.compareUnsigned(integer(a, t), integer(b, t))
                        : Integer.compare(integer(a, t), integer(b, t));
            }
            return switch (i.code.substring(5, 7)) {
                case "eq" -> order == 0;
                case "lt" -> order < 0;
                case "le" -> order <= 0;
                case "ge" -> order >= 0;
                case "gt" -> order > 0;
                default -> throw new IllegalArgumentException(i.code);
            };
        }

        private long convert(Instruction i, Operand a, Operand b, int t) {
            return switch (i.code) {
                case "cvt.f32.f16" -> Float.floatToRawIntBits(Float.float16ToFloat((short) get(a, t))) & 0xFFFFFFFFL;
                case "cvt.u32.u16" -> get(a, t) & 0xFFFF;
                case "cvt.rn.f16.f32", "cvt.rn.bf16.f32" -> narrow(i, real(a, t));
                // The first operand becomes the upper half.
                case "cvt.rn.f16x2.f32", "cvt.rn.bf16x2.f32" -> narrow(i, real(a, t)) << 16 | narrow(i, real(b, t));
                default -> throw new IllegalArgumentException(i.code);
            };
        }

        private static long narrow(Instruction i, float value) {
            if (!i.isBrain()) {
                return Short.toUnsignedLong(Float.floatToFloat16(value));
            }
            int bits = Float.floatToRawIntBits(value);
            return Float.isNaN(value) ? 0x7FFF : (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
        }

        private long load(Instruction i, Operand place, int t) {
            if (i.is("ld.param")) {
                return parameters[Integer.parseInt(place.text.replaceAll("\\D", ""))];
            }
            int bytes = i.type.endsWith("16") ? 2 : 4;
            long address = address(place, t);
            MemorySegment memory = i.is("ld.shared") ? room(address, bytes) : global(address, bytes);
            return bytes == 2
                    ? Short.toUnsignedLong(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0))
                    : Integer.toUnsignedLong(memory.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
        }

        private void store(Instruction i, Operand place, Operand value, int t) {
            int bytes = i.type.equals("b16") ? 2 : 4;
            long address = address(place, t);
            MemorySegment memory = i.is("st.shared") ? room(address, bytes) : global(address, bytes);
            if (bytes == 2) {
                memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) get(value, t));
            } else {
                memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, integer(value, t));
            }
        }
    }
}
