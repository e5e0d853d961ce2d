package detangle.backend.vector;

import detangle.backend.vector.BlockRegisters.Register;
import detangle.ir.DType;
import detangle.ir.InternalException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Gives the values of a region registers: one is taken again when nothing reads its value any more. */
final class RegisterPlan {
    /** Makes a step when the registers of its operands and of its result are known. */
    @FunctionalInterface
    interface Maker {
        BlockStep make(List<Integer> operands, int result);
    }

    /** A value, in the order in which values are computed; a constant has no maker. */
    private record Value(DType dtype, List<Integer> operands, Maker maker, double constant) {
        boolean isConstant() {
            return maker == null;
        }
    }

    /** Values in registers. */
    record Placed(List<BlockStep> steps, List<Register> registers, List<Integer> registerOfValue) {
        Placed {
            steps = List.copyOf(steps);
            registers = List.copyOf(registers);
            registerOfValue = List.copyOf(registerOfValue);
        }

        int register(int value) {
            return registerOfValue.get(value);
        }
    }

    private final List<Value> values = new ArrayList<>();

    /** Adds a value that a step computes of others, and returns its number. */
    int add(DType dtype, List<Integer> operands, Maker maker) {
        values.add(new Value(dtype, List.copyOf(operands), maker, 0));
        return values.size() - 1;
    }

    /** Adds a block of one number. */
    int constant(DType dtype, double number) {
        values.add(new Value(dtype, List.of(), null, number));
        return values.size() - 1;
    }

    /** @param results values that are read after the last step */
    Placed place(List<Integer> results) {
        int[] lastRead = new int[values.size()];
        for (int v = 0; v < values.size(); v++) {
            for (int operand : values.get(v).operands()) {
                lastRead[operand] = v;
            }
        }
        results.forEach(v -> lastRead[v] = values.size());
        List<Register> registers = new ArrayList<>();
        List<Integer> registerOfValue = new ArrayList<>();
        Map<DType, List<Integer>> free = new EnumMap<>(DType.class);
        List<BlockStep> steps = new ArrayList<>();
        for (int v = 0; v < values.size(); v++) {
            Value value = values.get(v);
            if (value.isConstant()) {
                registerOfValue.add(registers.size());
                registers.add(new Register(value.dtype(), filled(value.dtype(), value.constant())));
                continue;
            }
            // Operands keep their registers until the result has one: a step does not write where it reads.
            List<Integer> unused = free.computeIfAbsent(value.dtype(), d -> new ArrayList<>());
            if (unused.isEmpty()) {
                unused.add(registers.size());
                registers.add(new Register(value.dtype(), null));
            }
            registerOfValue.add(unused.removeLast());
            List<Integer> operands =
                    value.operands().stream().map(registerOfValue::get).toList();
            steps.add(value.maker().make(operands, registerOfValue.get(v)));
            for (int operand : value.operands().stream().distinct().toList()) {
                if (lastRead[operand] == v && !values.get(operand).isConstant()) {
                    free.get(values.get(operand).dtype()).add(registerOfValue.get(operand));
                }
            }
        }
        return new Placed(steps, registers, registerOfValue);
    }

    private static Object filled(DType dtype, double number) {
        Object block = BlockRegisters.newBlock(dtype);
        switch (block) {
            case float[] a -> Arrays.fill(a, (float) number);
            case int[] a -> Arrays.fill(a, (int) number);
            case long[] a -> Arrays.fill(a, (long) number);
            case boolean[] a -> Arrays.fill(a, number != 0);
            default -> throw new InternalException(dtype + " is not covered");
        }
        return block;
    }
}
