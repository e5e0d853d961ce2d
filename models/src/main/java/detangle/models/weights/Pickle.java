package detangle.models.weights;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads Python pickles as data. Objects come out as {@link Long}, {@link BigInteger}, {@link Double}, {@link Boolean},
 * {@link String}, {@link #NONE}, lists, maps and {@link Tuple}; what a file names to be called is looked up among the
 * functions given and nowhere else, so that no file can run anything.
 *
 * <p>Format: Python's pickletools, protocols 0 to 5, without the instructions that data needs not.
 */
final class Pickle {
    /** The first byte of a pickle of protocol 2 or later. */
    static final int PROTO = 0x80;

    /** Python's None. */
    static final Object NONE = new Object() {
        @Override
        public String toString() {
            return "None";
        }
    };

    private static final Object MARK = new Object();

    /** Python's tuple. */
    record Tuple(List<Object> items) {
        Object get(int i) {
            if (i >= items.size()) {
                throw new PickleException("a pickle with a tuple of " + items.size() + " where more are needed");
            }
            return items.get(i);
        }
    }

    /** A function that a file may call, with its effect. */
    @FunctionalInterface
    interface Callable {
        Object call(Tuple arguments);
    }

    /** Names and numbers in lines are short; Python reads integers of as many digits. */
    private static final int MAX_LINE_LENGTH = 4300;

    /** Python's dict, whose keys are all of one kind in any file that was not made to be slow. */
    static final class Dictionary extends LinkedHashMap<Object, Object> {
        private static final long serialVersionUID = 1L;

        private transient Class<?> kind = Object.class;
        private transient boolean mixed;

        /** Returns whether keys of several kinds are in it. Those with equal hashes are found one by one. */
        boolean isMixedWith(Object key) {
            if (isEmpty()) {
                kind = key.getClass();
            }
            mixed |= kind != key.getClass();
            return mixed;
        }
    }

    private final ByteBuffer in;
    private final PickleBudget budget;
    private final Map<String, Callable> callables;
    private final Function<String, Optional<Object>> constants;
    private final Function<Tuple, Object> persistent;
    private final List<Object> stack = new ArrayList<>();
    private final List<Object> memo = new ArrayList<>();

    private Pickle(
            ByteBuffer in,
            PickleBudget budget,
            Map<String, Callable> callables,
            Function<String, Optional<Object>> constants,
            Function<Tuple, Object> persistent) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.budget = budget;
        this.callables = callables;
        this.constants = constants;
        this.persistent = persistent;
    }

    /**
     * Reads one object and leaves the buffer behind it.
     *
     * @param budget what reading may cost, with other pickles of the file
     * @param callables by module and name: {@code collections.OrderedDict}
     * @param constants what is named as data and cannot be called
     * @param persistent what a persistent id stands for
     * @throws PickleException if the bytes are not a pickle, or it names another callable, or costs too much
     */
    static Object read(
            ByteBuffer in,
            PickleBudget budget,
            Map<String, Callable> callables,
            Function<String, Optional<Object>> constants,
            Function<Tuple, Object> persistent) {
        try {
            return new Pickle(in, budget, callables, constants, persistent).run();
        } catch (BufferUnderflowException e) {
            throw new PickleException("a pickle that ends too early");
        } catch (ClassCastException | IndexOutOfBoundsException | NoSuchElementException | NumberFormatException e) {
            throw new PickleException("a pickle with an instruction on the wrong kind of value");
        }
    }

    private Object run() {
        while (true) {
            budget.step();
            int opcode = in.get() & 0xff;
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

    private void step(int opcode) {
        switch (opcode) {
            case PROTO -> in.get();
            case 0x95 -> in.getLong(); // FRAME: a hint for readers of streams
            case '(' -> push(MARK);
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(stack.getLast());
            case 'N' -> push(NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'I' -> push(integerLine());
            case 'J' -> push((long) in.getInt());
            case 'K' -> push((long) (in.get() & 0xff));
            case 'M' -> push((long) (in.getShort() & 0xffff));
            case 'L' -> push(Long.parseLong(line().replaceFirst("L$", "")));
            case 0x8a -> push(integer(in.get() & 0xff));
            case 'F' -> push(Double.parseDouble(line()));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            case 'U' -> push(text(in.get() & 0xff, StandardCharsets.ISO_8859_1));
            case 'T' -> push(text(in.getInt(), StandardCharsets.ISO_8859_1));
            case 'X' -> push(text(in.getInt(), StandardCharsets.UTF_8));
            case 0x8c -> push(text(in.get() & 0xff, StandardCharsets.UTF_8));
            case ']' -> push(list(List.of()));
            case 'l' -> push(list(popToMark()));
            case 'a' -> appendAll(List.of(pop()));
            case 'e' -> appendAll(popToMark());
            case ')' -> push(tuple(List.of()));
            case 't' -> push(tuple(popToMark()));
            case 0x85 -> push(tuple(popLast(1)));
            case 0x86 -> push(tuple(popLast(2)));
            case 0x87 -> push(tuple(popLast(3)));
            case '}' -> push(newDictionary());
            case 'd' -> {
                List<Object> items = popToMark();
                push(newDictionary());
                putAll(items);
            }
            case 's' -> putAll(popLast(2));
            case 'u' -> putAll(popToMark());
            case 'g' -> push(remembered(Integer.parseInt(line())));
            case 'h' -> push(remembered(in.get() & 0xff));
            case 'j' -> push(remembered(in.getInt()));
            case 'p' -> remember(Integer.parseInt(line()));
            case 'q' -> remember(in.get() & 0xff);
            case 'r' -> remember(in.getInt());
            case 0x94 -> remember(memo.size());
            case 'c' -> push(global(line(), line()));
            case 0x93 -> {
                List<Object> names = popLast(2);
                push(global((String) names.get(0), (String) names.get(1)));
            }
            case 'R' -> {
                Tuple arguments = (Tuple) pop();
                push(((Callable) pop()).call(arguments));
            }
            case 'b' -> build(pop());
            case 'Q' -> push(persistent.apply((Tuple) pop()));
            default ->
                throw new PickleException(
                        String.format("a pickle with the instruction 0x%02x, which data needs not", opcode));
        }
    }

    private void push(Object value) {
        budget.bytes(value instanceof Number ? PickleBudget.NUMBER_BYTES : PickleBudget.REFERENCE_BYTES);
        stack.add(value);
    }

    private List<Object> list(List<Object> items) {
        budget.bytes(PickleBudget.CONTAINER_BYTES + (long) PickleBudget.REFERENCE_BYTES * items.size());
        return new ArrayList<>(items);
    }

    private Tuple tuple(List<Object> items) {
        budget.bytes(PickleBudget.CONTAINER_BYTES + (long) PickleBudget.REFERENCE_BYTES * items.size());
        return new Tuple(items);
    }

    private Map<Object, Object> newDictionary() {
        budget.bytes(PickleBudget.CONTAINER_BYTES);
        return new Dictionary();
    }

    private Object pop() {
        Object value = stack.removeLast();
        if (value == MARK) {
            throw new PickleException("a pickle with a mark out of place");
        }
        return value;
    }

    private List<Object> popLast(int count) {
        List<Object> last = stack.subList(stack.size() - count, stack.size());
        List<Object> values = List.copyOf(last);
        last.clear();
        if (values.contains(MARK)) {
            throw new PickleException("a pickle with a mark out of place");
        }
        return values;
    }

    private List<Object> popToMark() {
        int mark = stack.lastIndexOf(MARK);
        List<Object> values = popLast(stack.size() - mark - 1);
        stack.removeLast();
        return values;
    }

    @SuppressWarnings("unchecked")
    private void appendAll(List<Object> items) {
        budget.bytes((long) PickleBudget.REFERENCE_BYTES * items.size());
        ((List<Object>) stack.getLast()).addAll(items);
    }

    @SuppressWarnings("unchecked")
    private void putAll(List<Object> items) {
        Map<Object, Object> map = (Map<Object, Object>) stack.getLast();
        for (int i = 0; i < items.size(); i += 2) {
            Object key = key(items.get(i));
            if (!(map instanceof Dictionary own) || own.isMixedWith(key)) {
                budget.steps(map.size());
            }
            budget.bytes(PickleBudget.MAP_ENTRY);
            map.put(key, items.get(i + 1));
        }
    }

    /** Keys of other kinds could be told to contain themselves. */
    private static Object key(Object key) {
        return switch (key) {
            case String s -> s;
            case Long n -> n;
            case Double d -> d;
            case Boolean b -> b;
            default -> throw new PickleException("a pickle with a dictionary key that is neither text nor a number");
        };
    }

    /** Attributes of a dictionary, such as the {@code _metadata} of PyTorch's state, are left out. */
    private void build(Object state) {
        if (!(stack.getLast() instanceof Map)) {
            throw new PickleException("a pickle that sets the state of an object that is not a dictionary");
        }
    }

    private Object global(String module, String name) {
        Callable callable = callables.get(module + "." + name);
        if (callable != null) {
            return callable;
        }
        return constants
                .apply(module + "." + name)
                .orElseThrow(() -> new PickleException("a pickle that wants to call " + module + "." + name
                        + ", which is not a part of tensors; nothing was run"));
    }

    /** Python numbers what it stores from 0 on. */
    private void remember(int index) {
        if (index < 0 || index > in.limit()) {
            throw new PickleException("a pickle that stores something as number " + index);
        }
        while (memo.size() <= index) {
            budget.bytes(PickleBudget.REFERENCE_BYTES);
            memo.add(null);
        }
        memo.set(index, stack.getLast());
    }

    private Object remembered(int index) {
        Object value = index < 0 || index >= memo.size() ? null : memo.get(index);
        if (value == null) {
            throw new PickleException("a pickle that recalls what it never stored");
        }
        return value;
    }

    private Object integerLine() {
        String line = line();
        return switch (line) {
            case "00" -> false;
            case "01" -> true;
            default -> Long.parseLong(line);
        };
    }

    /** Returns a {@link Long}, or a {@link BigInteger} of what does not fit. */
    private Object integer(int bytes) {
        budget.bytes(bytes);
        byte[] bigEndian = new byte[Math.max(1, bytes)];
        for (int i = bytes - 1; i >= 0; i--) {
            bigEndian[i] = in.get();
        }
        BigInteger value = new BigInteger(bigEndian);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String line() {
        StringBuilder line = new StringBuilder();
        for (byte b = in.get(); b != '\n'; b = in.get()) {
            if (line.length() == MAX_LINE_LENGTH) {
                throw new PickleException(
                        "a pickle with a line of more than " + MAX_LINE_LENGTH + " bytes, which is the most");
            }
            line.append((char) (b & 0xff));
        }
        return line.toString();
    }

    private String text(int bytes, Charset charset) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw new PickleException("a pickle with a text that ends too early");
        }
        // Once in UTF-16 while it is decoded, and at most so thereafter.
        budget.bytes(PickleBudget.TEXT_BYTES + 3L * bytes);
        ByteBuffer slice = in.slice(in.position(), bytes);
        in.position(in.position() + bytes);
        try {
            CharBuffer decoded = charset.newDecoder().decode(slice);
            return decoded.toString();
        } catch (CharacterCodingException e) {
            throw new PickleException("a pickle with a text that is not UTF-8");
        }
    }
}
