package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.ir.InternalException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import uk.ac.manchester.tornado.api.TaskGraph;

/** TornadoVM has a method that adds a task for each number of arguments. */
final class TaskCalls {
    private TaskCalls() {}

    /** @throws BackendException if TornadoVM does not take the kernel */
    static void add(TaskGraph graph, String name, KernelTask task, Object... arguments) {
        Method method = Arrays.stream(TaskGraph.class.getMethods())
                .filter(m -> m.getName().equals("task") && m.getParameterCount() == arguments.length + 2)
                .filter(m -> m.getParameterTypes()[1].isInstance(task.callable()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no task takes " + arguments.length + " arguments"));
        Object[] all = new Object[arguments.length + 2];
        all[0] = name;
        all[1] = task.callable();
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        try {
            method.invoke(graph, all);
        } catch (IllegalAccessException e) {
            throw new InternalException("TaskGraph.task cannot be called", e);
        } catch (InvocationTargetException e) {
            throw new BackendException(
                    "a kernel cannot be compiled for the device: "
                            + e.getCause().getMessage(),
                    e);
        }
    }
}
