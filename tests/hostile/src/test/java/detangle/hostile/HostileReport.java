package detangle.hostile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Counts what became of hostile files, and prints it as a table. Several threads may add to it. */
final class HostileReport {
    private final Map<Readers, List<Fate>> fates = new EnumMap<>(Readers.class);

    /** What became of one file. */
    record Fate(String reader, String file, boolean isMade, boolean isRead, String type, String form, Room.Cost cost) {
        static Fate of(Reader reader, Hostile hostile, boolean isMade, Room.Result result) {
            return new Fate(
                    reader.name(),
                    hostile.name(),
                    isMade,
                    result.read(),
                    result.answer().map(Answer::type).orElse(""),
                    result.answer()
                            .map(Answer::message)
                            .map(HostileReport::form)
                            .orElse(""),
                    result.cost());
        }
    }

    synchronized void add(Readers kind, Fate fate) {
        fates.computeIfAbsent(kind, k -> new ArrayList<>()).add(fate);
    }

    /** A message without the numbers, names and texts that a file chooses: equal for equal sentences. */
    static String form(String message) {
        return message.replaceAll("'[^']*'|\"[^\"]*\"|\\[[^\\]]*\\]", "?")
                .replaceAll("\\S*[0-9._/<>%@\\\\]\\S*", "?")
                .replaceAll("\\?(\\W+\\?)*", "?");
    }

    /** The table, a line for each kind of files that there are, and what all of them have met. */
    synchronized String text() {
        List<Fate> all = fates.values().stream().flatMap(Collection::stream).toList();
        if (all.isEmpty()) {
            return "";
        }
        List<String> lines = new ArrayList<>();
        lines.add("%-30s %7s %7s %7s %7s %8s %9s %7s"
                .formatted("files", "by hand", "mutants", "read", "refused", "refusals", "slowest", "memory"));
        fates.forEach((kind, some) -> lines.add(line(kind.files(), some)));
        lines.add(line("all", all));
        lines.add("refusals: messages that differ in more than names, numbers and quoted texts");
        lines.add(
                "slowest: " + most(all, Comparator.comparing(fate -> fate.cost().processorTime())));
        lines.add("most memory outside of the heap: "
                + most(all, Comparator.comparing(fate -> fate.cost().grownBytes())));
        types(all).forEach((type, count) -> lines.add("%7d %s".formatted(count, type)));
        return String.join("\n", lines) + "\n";
    }

    private static String line(String name, List<Fate> all) {
        return "%-30s %7d %7d %7d %7d %8d %6d ms %4d MB"
                .formatted(
                        name,
                        count(all, Fate::isMade),
                        count(all, fate -> !fate.isMade()),
                        count(all, Fate::isRead),
                        count(all, fate -> !fate.isRead()),
                        all.stream()
                                .filter(fate -> !fate.isRead())
                                .map(fate -> fate.type() + fate.form())
                                .collect(Collectors.toCollection(TreeSet::new))
                                .size(),
                        all.stream()
                                .map(fate -> fate.cost().processorTime())
                                .max(Comparator.naturalOrder())
                                .orElse(Duration.ZERO)
                                .toMillis(),
                        all.stream()
                                        .mapToLong(fate -> fate.cost().grownBytes())
                                        .max()
                                        .orElse(0)
                                >> 20);
    }

    private static long count(List<Fate> all, Predicate<Fate> which) {
        return all.stream().filter(which).count();
    }

    private static String most(List<Fate> all, Comparator<Fate> by) {
        Fate most = all.stream().max(by).orElseThrow();
        return most.reader() + ": " + most.file();
    }

    private static Map<String, Long> types(List<Fate> all) {
        return all.stream()
                .filter(fate -> !fate.isRead())
                .collect(Collectors.groupingBy(Fate::type, TreeMap::new, Collectors.counting()));
    }
}
