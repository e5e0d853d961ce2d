package detangle.backend.tornado;

import java.lang.constant.ClassDesc;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;

/** TornadoVM has a type of task, and a method that adds one, for each number of arguments. */
final class TaskCalls {
    private TaskCalls() {}

    /** The interface that a task with so many arguments implements. */
    static ClassDesc type(int arguments) {
        return ClassDesc.of(TornadoFunctions.class.getName() + "$Task" + arguments);
    }

    static void add(TaskGraph graph, String name, Object task, Object... arguments) {
        Method method = Arrays.stream(TaskGraph.class.getMethods())
                .filter(m -> m.getName().equals("task") && m.getParameterCount() == arguments.length + 2)
                .filter(m -> m.getParameterTypes()[1].isInstance(task))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no task takes " + arguments.length + " arguments"));
        Object[] all = new Object[arguments.length + 2];
        all[0] = name;
        all[1] = task;
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        try {
            method.invoke(graph, all);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }
}
