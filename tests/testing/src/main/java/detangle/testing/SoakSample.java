package detangle.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a process holds at one moment. Figures that the system does not tell are 0. */
public record SoakSample(Map<SoakFigure, Double> figures) {
    private static final double MEBIBYTE = 1 << 20;
    private static final double KIBIBYTES_OF_A_MEBIBYTE = 1 << 10;

    /** Garbage that a first collection only makes known, such as what cleaners free, goes with a later one. */
    private static final int COLLECTIONS = 3;

    /** Cleaners free direct and mapped memory in a thread of their own. */
    private static final long CLEANING_MILLIS = 100;

    /**
     * Returns the figures of this process after garbage collections.
     *
     * @throws InterruptedException if the thread is interrupted while it waits for cleaners
     */
    public static SoakSample ofThisProcess() throws InterruptedException {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            Thread.sleep(CLEANING_MILLIS);
        }
        Map<SoakFigure, Double> figures = new EnumMap<>(SoakFigure.class);
        figures.put(
                SoakFigure.HEAP,
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEBIBYTE);
        figures.put(SoakFigure.METASPACE, pools(pool -> pool.equals("Metaspace")));
        figures.put(SoakFigure.CODE, pools(pool -> pool.startsWith("CodeHeap") || pool.equals("CodeCache")));
        figures.put(SoakFigure.CLASSES, (double)
                ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
        figures.put(SoakFigure.DIRECT, buffers(name -> name.equals("direct"), pool -> pool.getMemoryUsed() / MEBIBYTE));
        figures.put(SoakFigure.MAPPED, buffers(name -> name.startsWith("mapped"), BufferPoolMXBean::getCount));
        figures.put(SoakFigure.MAPS, (double) mappedFiles());
        figures.put(SoakFigure.RESIDENT, residentMebibytes());
        figures.put(
                SoakFigure.THREADS, (double) ManagementFactory.getThreadMXBean().getThreadCount());
        figures.put(SoakFigure.HANDLES, (double) handles());
        return new SoakSample(figures);
    }

    private static double pools(Predicate<String> names) {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> names.test(pool.getName()))
                .map(MemoryPoolMXBean::getUsage)
                .mapToDouble(usage -> usage.getUsed() / MEBIBYTE)
                .sum();
    }

    private static double buffers(Predicate<String> names, ToDoubleFunction<BufferPoolMXBean> number) {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> names.test(pool.getName()))
                .mapToDouble(number)
                .sum();
    }

    /** Returns the mappings of files that are not programs or archives of classes: weights of models, for example. */
    private static long mappedFiles() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(" /"))
                    .filter(line -> !line.matches(".*(\\.so[.\\d]*|/modules|\\.jsa|/bin/java|\\.jar)( \\(deleted\\))?"))
                    .count();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static double residentMebibytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIBIBYTES_OF_A_MEBIBYTE)
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static long handles() {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Returns one line that {@link #parse} reads. */
    public String text() {
        return figures.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
    }

    /** Returns the sample of a line of {@link #text}. */
    public static SoakSample parse(String line) {
        Map<SoakFigure, Double> figures = new EnumMap<>(SoakFigure.class);
        for (String figure : line.split(" ")) {
            String[] parts = figure.split("=");
            figures.put(SoakFigure.valueOf(parts[0]), Double.valueOf(parts[1]));
        }
        return new SoakSample(figures);
    }
}
