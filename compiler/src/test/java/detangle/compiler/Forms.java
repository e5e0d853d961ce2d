package detangle.compiler;

import detangle.ir.Op;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The forms of operations: the record of an operation with each of its flags and functions, which decide what it does.
 */
public final class Forms {
    private Forms() {}

    /** The form that an operation has. */
    public static String of(Op op) {
        List<String> flags = new ArrayList<>();
        for (RecordComponent component : op.getClass().getRecordComponents()) {
            if (isFlag(component)) {
                try {
                    flags.add(
                            component.getName() + "=" + component.getAccessor().invoke(op));
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return op.getClass().getSimpleName() + flags;
    }

    /** All forms of the operations of a record. */
    public static List<String> of(Class<?> operation) {
        List<List<String>> all = List.of(List.of());
        for (RecordComponent component : operation.getRecordComponents()) {
            if (isFlag(component)) {
                List<?> values = component.getType() == boolean.class
                        ? List.of(false, true)
                        : List.of(component.getType().getEnumConstants());
                all = all.stream()
                        .flatMap(flags -> values.stream()
                                .map(v -> Stream.concat(flags.stream(), Stream.of(component.getName() + "=" + v))
                                        .toList()))
                        .toList();
            }
        }
        return all.stream().map(flags -> operation.getSimpleName() + flags).toList();
    }

    private static boolean isFlag(RecordComponent component) {
        return component.getType() == boolean.class || component.getType().isEnum();
    }
}
