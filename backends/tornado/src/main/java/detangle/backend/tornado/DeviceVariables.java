package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.HostVariables;
import detangle.backend.Variables;
import detangle.ir.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Variables of a device of TornadoVM, whose plans share no memory of the device. The plan of a program that updates a
 * variable keeps it there from run to run if no other program updates it. Its value comes to the host when somebody
 * reads it. All other variables are tensors of the host, which come to the device at each run.
 */
final class DeviceVariables extends Variables {
    /** A plan that keeps variables on the device. */
    interface Keeper {
        /** Returns the variables that the plan keeps on the device. */
        Set<String> kept();

        /** Returns a copy of the value that a variable has there. */
        Tensor fetch(String name);
    }

    /** The values that the host has. A tensor in this map is never changed: a new value is a new tensor. */
    private final Map<String, Tensor> values = new ConcurrentHashMap<>();

    /** The plan that has the present value of a variable. If the host lacks the value, it comes when it is read. */
    private final Map<String, Keeper> keepers = new ConcurrentHashMap<>();

    /** How many of the programs that are loaded update a variable. */
    private final Map<String, Integer> updaters = new HashMap<>();

    /** The variables that a plan has brought to the device for good, or is going to. */
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    /** The variables that were replaced from outside when a plan had taken them. No plan keeps them any more. */
    private final Set<String> replaced = ConcurrentHashMap.newKeySet();

    /** @param values the first value of each, which is copied */
    DeviceVariables(Map<String, Tensor> values) {
        super(values);
        values.forEach((name, value) -> this.values.put(name, HostVariables.copy(value)));
    }

    /** Returns these variables as a device's own, or a {@link BackendException} if they are another device's. */
    static DeviceVariables of(Variables variables) {
        if (variables instanceof DeviceVariables own) {
            return own;
        }
        throw HostVariables.belongToAnotherDevice();
    }

    /** Tells of a program that updates variables, before it runs. */
    void loaded(Set<String> updated) {
        synchronized (updaters) {
            updated.forEach(name -> updaters.merge(name, 1, Integer::sum));
        }
    }

    /** Tells that a program of {@link #loaded} does not run any more. */
    void closed(Set<String> updated) {
        synchronized (updaters) {
            updated.forEach(name -> updaters.merge(name, -1, Integer::sum));
        }
    }

    /** Returns whether the only program that updates a variable may keep it on the device. */
    boolean canBeKept(String name) {
        synchronized (updaters) {
            return updaters.getOrDefault(name, 0) == 1 && !replaced.contains(name);
        }
    }

    /** Tells of a plan that keeps variables, before its first run. */
    void take(Keeper keeper) {
        taken.addAll(keeper.kept());
    }

    /** Returns the value, which nobody changes, for a run that has its {@link Variables.Turn}. */
    Tensor value(String name) {
        Tensor here = values.get(name);
        return here != null
                ? here
                : TornadoExecutable.alone(
                        () -> values.computeIfAbsent(name, n -> keepers.get(n).fetch(n)));
    }

    @Override
    protected Tensor copy(String name) {
        return HostVariables.copy(value(name));
    }

    @Override
    protected void replace(String name, Tensor value) {
        TornadoExecutable.alone(() -> {
            values.put(name, HostVariables.copy(value));
            keepers.remove(name);
            if (taken.contains(name)) {
                replaced.add(name);
            }
            return name;
        });
    }

    /**
     * Lets a run compute the next values, at its end. If it computes some in the place of the present ones, and the
     * host does not have these, a failure leaves no variable that can be read; otherwise it leaves all as they are.
     *
     * @param computed computes the next values, and returns those that the graph does not keep
     */
    void update(TornadoExecutable.Graph graph, Supplier<Map<String, Tensor>> computed) {
        Set<String> kept = graph.kept();
        if (kept.isEmpty()) {
            write(computed.get());
            return;
        }
        boolean isOnHost = values.keySet().containsAll(kept);
        Map<String, Tensor> others;
        try {
            others = computed.get();
        } catch (BackendException e) {
            // The plan ends, as the state of a device that failed is unknown, so the host's values are the present
            // ones.
            kept.forEach(keepers::remove);
            if (!isOnHost) {
                tear();
            }
            throw e;
        } catch (RuntimeException | Error e) {
            tear();
            throw e;
        }
        commit(() -> {
            kept.forEach(name -> {
                keepers.remove(name);
                values.remove(name);
            });
            others.forEach(this::replace);
            kept.forEach(name -> keepers.put(name, graph));
        });
    }

    /**
     * Takes the values of all variables that a plan keeps to the host, as the plan ends.
     *
     * @throws BackendException if the device has lost them, after which no variable can be read
     */
    void release(Keeper keeper) {
        taken.removeAll(keeper.kept());
        List<String> kept = keepers.entrySet().stream()
                .filter(entry -> entry.getValue() == keeper)
                .map(Map.Entry::getKey)
                .toList();
        if (kept.isEmpty()) {
            return;
        }
        // Values are read, and none is replaced: what a failed run has torn stays so, and others may read meanwhile.
        try {
            kept.forEach(this::value);
        } catch (RuntimeException e) {
            tear();
            throw e;
        } finally {
            kept.forEach(keepers::remove);
        }
    }
}
