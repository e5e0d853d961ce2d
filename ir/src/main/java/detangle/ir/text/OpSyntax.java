package detangle.ir.text;

import detangle.ir.AttentionDropout;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Op;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The words that operations are written with. Their attributes are described once, in {@link detangle.ir.OpAttributes},
 * which {@link AttributeWriter} and {@link AttributeReader} follow.
 */
final class OpSyntax {
    /** Inputs, parameters, constants and regions have a form of their own in {@link Printer} and {@link Parser}. */
    private static final Set<Class<?>> OTHER_FORMS =
            Set.of(TensorOp.Input.class, TensorOp.Param.class, TensorOp.Constant.class, KernelOp.Elementwise.class);

    private static final Map<Class<?>, Object> ZEROS = Map.ofEntries(
            Map.entry(boolean.class, false),
            Map.entry(int.class, 0),
            Map.entry(long.class, 0L),
            Map.entry(double.class, 0.0),
            Map.entry(List.class, List.of()),
            Map.entry(Dim.class, Dim.of(0)),
            Map.entry(Shape.class, Shape.SCALAR),
            Map.entry(TensorType.class, new TensorType(DType.F32, Shape.SCALAR)),
            Map.entry(AttentionDropout.class, AttentionDropout.NONE));

    /** An operation for each word, whose attributes are zeros for a reader to replace. */
    private static final Map<String, Op> BLANKS = blanks();

    private OpSyntax() {}

    /** Returns the value of an enumeration whose text a word is; empty where there is none. */
    static <E> Optional<E> named(E[] all, Function<E, String> text, String word) {
        return Arrays.stream(all).filter(e -> text.apply(e).equals(word)).findFirst();
    }

    /** Returns all words that operations are named with. */
    static Set<String> mnemonics() {
        Set<String> words = new TreeSet<>(BLANKS.keySet());
        OTHER_FORMS.forEach(operation -> words.add(Op.recordName(operation)));
        return words;
    }

    /** Returns an operation of a mnemonic, with attributes that mean nothing; empty for an unknown mnemonic. */
    static Optional<Op> blank(String mnemonic) {
        return Optional.ofNullable(BLANKS.get(mnemonic));
    }

    private static Map<String, Op> blanks() {
        Map<String, Op> blanks = new TreeMap<>();
        for (Class<?> level : List.of(TensorOp.class, KernelOp.class)) {
            for (Class<?> operation : level.getPermittedSubclasses()) {
                if (!OTHER_FORMS.contains(operation)) {
                    blanks(operation).forEach(op -> blanks.putIfAbsent(op.mnemonic(), op));
                }
            }
        }
        return Collections.unmodifiableMap(blanks);
    }

    /**
     * Operations of a record with one value for each component, and with every value for a component that is an
     * enumeration.
     */
    private static Stream<Op> blanks(Class<?> operation) {
        RecordComponent[] components = operation.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Stream<List<Object>> values = Stream.of(List.of());
        for (Class<?> type : types) {
            values = values.flatMap(before -> blankValues(type)
                    .map(value ->
                            Stream.concat(before.stream(), Stream.of(value)).toList()));
        }
        return values.map(list -> {
            try {
                return (Op) operation.getDeclaredConstructor(types).newInstance(list.toArray());
            } catch (ReflectiveOperationException e) {
                throw new InternalException("the operation " + operation.getSimpleName() + " cannot be made", e);
            }
        });
    }

    private static Stream<?> blankValues(Class<?> type) {
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants());
        }
        if (Op.class.isAssignableFrom(type)) {
            return blanks(type); // A gradient has the operation that it belongs to.
        }
        if (!ZEROS.containsKey(type)) {
            throw new InternalException(
                    "an operation has an attribute of " + type + ", for which there is no zero here");
        }
        return Stream.of(ZEROS.get(type));
    }
}
