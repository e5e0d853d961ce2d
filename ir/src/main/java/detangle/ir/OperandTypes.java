package detangle.ir;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The types of an operation's operands while its own is inferred. Each method hands them to a rule for that many
 * operands, or records that the operation takes another number. So no rule meets an operand that is not there.
 */
final class OperandTypes {
    private final List<TensorType> types;
    private final Requirement requirement;

    /** Records a violation unless a condition holds, and says whether it does. */
    @FunctionalInterface
    interface Requirement {
        boolean require(boolean holds, Constraint constraint, String detail, Object... values);
    }

    /** A rule for three operands. */
    @FunctionalInterface
    interface Three {
        Optional<TensorType> infer(TensorType first, TensorType second, TensorType third);
    }

    OperandTypes(List<TensorType> types, Requirement requirement) {
        this.types = types;
        this.requirement = requirement;
    }

    private boolean are(int number) {
        return requirement.require(
                types.size() == number,
                Constraint.ARITY,
                "takes %s %s, not %s",
                number,
                number == 1 ? "operand" : "operands",
                types.size());
    }

    Optional<TensorType> none(Supplier<Optional<TensorType>> rule) {
        return are(0) ? rule.get() : Optional.empty();
    }

    Optional<TensorType> one(Function<TensorType, Optional<TensorType>> rule) {
        return are(1) ? rule.apply(types.get(0)) : Optional.empty();
    }

    Optional<TensorType> two(BiFunction<TensorType, TensorType, Optional<TensorType>> rule) {
        return are(2) ? rule.apply(types.get(0), types.get(1)) : Optional.empty();
    }

    Optional<TensorType> three(Three rule) {
        return are(3) ? rule.infer(types.get(0), types.get(1), types.get(2)) : Optional.empty();
    }

    Optional<TensorType> some(int number, Function<List<TensorType>, Optional<TensorType>> rule) {
        return are(number) ? rule.apply(types) : Optional.empty();
    }

    Optional<TensorType> any(Function<List<TensorType>, Optional<TensorType>> rule) {
        return rule.apply(types);
    }
}
