package detangle.experiment;

import detangle.ir.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The known tasks, by their names in lower case. */
public record Tasks(SortedMap<String, ExperimentTask> byName) {
    /** Thrown if there is no task of a name, or tasks of a folder cannot be loaded. */
    public static final class TaskException extends InvalidInputException {
        private static final long serialVersionUID = 1L;

        TaskException(String message, Throwable cause) {
            super(message, cause);
        }

        TaskException(String message) {
            super(message);
        }
    }

    /** Finds the tasks of Detangle, and those that the application brings along. */
    public static Tasks find() {
        return of(Tasks.class.getClassLoader(), Optional.empty());
    }

    /**
     * Finds tasks of a path too ({@code --task_dir}).
     *
     * @param path a jar, or a folder with jars, with classes, or with both
     * @throws TaskException if the path does not exist, or has no tasks
     */
    public static Tasks findWith(Path path) {
        List<URL> urls = new ArrayList<>();
        try {
            urls.add(path.toUri().toURL());
            if (Files.isDirectory(path)) {
                try (Stream<Path> files = Files.list(path)) {
                    for (Path jar : files.filter(file -> file.toString().endsWith(".jar"))
                            .sorted()
                            .toList()) {
                        urls.add(jar.toUri().toURL());
                    }
                }
            } else if (!Files.isRegularFile(path)) {
                throw new TaskException(
                        "task_dir " + path + " does not exist: name a jar, or a folder of jars or classes");
            }
        } catch (MalformedURLException e) {
            throw new TaskException("task_dir " + path + " is not a path: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Classes are loaded as long as the tasks are used, so that this loader is not closed.
        URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), Tasks.class.getClassLoader());
        Tasks usual = find();
        Tasks all = of(loader, Optional.of(path));
        if (all.byName.size() == usual.byName.size()) {
            throw new TaskException("task_dir " + path + " has no task: a jar or a folder of classes names its "
                    + "TaskProvider in META-INF/services/" + TaskProvider.class.getName());
        }
        return all;
    }

    private static Tasks of(ClassLoader loader, Optional<Path> path) {
        SortedMap<String, ExperimentTask> tasks = new TreeMap<>();
        try {
            for (TaskProvider provider : ServiceLoader.load(TaskProvider.class, loader)) {
                for (ExperimentTask task : provider.tasks()) {
                    if (tasks.putIfAbsent(task.name().toLowerCase(Locale.ROOT), task) != null) {
                        throw new TaskException("there are two tasks of the name " + task.name() + ", one of "
                                + provider.getClass().getName() + ": give one of them another name");
                    }
                }
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            Throwable cause = e instanceof ServiceConfigurationError && e.getCause() != null ? e.getCause() : e;
            throw new TaskException(
                    path.map(p -> "task_dir " + p + ": ").orElse("") + "tasks cannot be loaded (" + cause
                            + "); a line of META-INF/services/" + TaskProvider.class.getName()
                            + " names a class that implements it, is public, has a constructor without arguments, and is"
                            + " built with this version",
                    e);
        }
        return new Tasks(tasks);
    }

    /**
     * Returns a task by its name in any case.
     *
     * @throws TaskException if no task has the name
     */
    public ExperimentTask named(String name) {
        ExperimentTask task = byName.get(name.toLowerCase(Locale.ROOT));
        if (task == null) {
            throw new TaskException("there is no task '" + name + "'; there are " + String.join(", ", byName.keySet()));
        }
        return task;
    }
}
