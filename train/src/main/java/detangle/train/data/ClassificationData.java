package detangle.train.data;

import detangle.models.deberta.ProblemType;
import detangle.models.text.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Texts or pairs of texts, each with a class, any number of labels, or a number to learn.
 *
 * @param problem the kind of labels: one of these three
 * @param labels the labels of classes; a single label for numbers
 * @param examples an example for each row, in order
 * @param notices remarks on the data for the user, one line each
 */
public record ClassificationData(ProblemType problem, LabelMap labels, List<Example> examples, List<String> notices) {
    private static final Pattern LACKING = Pattern.compile("(?i)nan|[+-]?inf(inity)?|n/?a|null|none|");
    private static final String NO_LABEL = "-1";
    private static final Pattern CLASS_NUMBER = Pattern.compile("\\d{1,18}");
    private static final Set<String> NO_AND_YES = Set.of("0", "1");
    private static final String NOT_READ = "0 or 1 for each class is not read, write a list of the row's labels";
    private static final LabelMap NUMBER = LabelMap.of(List.of("LABEL_0"));

    /**
     * The knowledge of labels before data are read.
     *
     * @param problem the kind of labels. If empty, the data decide: lists are any number of labels, numbers with a
     *     fraction are numbers, and everything else is a class. A {@code nan} among fractions is a number that is
     *     lacking, and no class
     * @param labels the labels; if empty, all labels that occur, sorted
     * @param delimiter the text between several labels of a row; if empty, a text is one label
     * @param ofModel the labels of the model that is trained, whose order is kept if the data have the same labels;
     *     empty if it has none
     */
    public record LabelRule(
            Optional<ProblemType> problem,
            Optional<LabelMap> labels,
            Optional<String> delimiter,
            List<String> ofModel) {
        /** A rule by which nothing is known. */
        public static final LabelRule FROM_DATA = new LabelRule(Optional.empty(), Optional.empty(), Optional.empty());

        public LabelRule {
            ofModel = List.copyOf(ofModel);
        }

        /** A rule for a model without labels. */
        public LabelRule(Optional<ProblemType> problem, Optional<LabelMap> labels, Optional<String> delimiter) {
            this(problem, labels, delimiter, List.of());
        }

        /** Returns the rule for a model that has these labels, in the order of its classes. */
        public LabelRule withLabelsOfModel(List<String> names) {
            return new LabelRule(problem, labels, delimiter, names);
        }

        /** Returns the rule of other data, with whose labels these data have to agree. */
        public static LabelRule as(ClassificationData other, Optional<String> delimiter) {
            return new LabelRule(Optional.of(other.problem), Optional.of(other.labels), delimiter);
        }
    }

    private record Raw(String where, TokenIds text, Object label) {}

    /**
     * Reads rows. Rows with the class -1 have no label, as in HuggingFace's datasets, if the other classes are whole
     * numbers from 0 and the model has no class -1, or if classes are known and -1 is not one of them. They are left
     * out and counted in a notice.
     *
     * @throws DataException if there are none, a column is missing, a text is empty, a label is missing or not among
     *     those that are known, a list has 0 or 1 for each class, or all rows have the same label
     */
    public static ClassificationData read(
            Iterable<DataRow> rows, String name, DataColumns columns, ExampleEncoder encoder, LabelRule rule) {
        List<Raw> all = new ArrayList<>();
        for (DataRow row : rows) {
            String text = row.text(columns.textOf(row));
            Optional<String> pair = columns.pairOf(row).map(row::text);
            Object label = split(row.value(columns.labelOf(row)), rule.delimiter);
            checkNames(label, row.where());
            Encoding encoding = pair.map(second -> encoder.encode(text, second, row.where()))
                    .orElseGet(() -> encoder.encode(text, row.where()));
            all.add(new Raw(row.where(), TokenIds.of(encoding), label));
        }
        if (all.isEmpty()) {
            throw new DataException(name + " has no rows");
        }
        ProblemType problem = rule.problem.orElseGet(() -> problem(all));
        List<Raw> raw = problem == ProblemType.SINGLE_LABEL_CLASSIFICATION ? labelled(all, rule) : all;
        if (raw.isEmpty()) {
            throw new DataException("no row of " + name + " has a label: all labels are -1");
        }
        LabelMap labels = problem == ProblemType.REGRESSION ? NUMBER : labels(raw, name, rule);
        if (problem == ProblemType.MULTI_LABEL_CLASSIFICATION && labels.size() == 2) {
            checkTwoNames(raw, name);
        }
        List<Example> examples = raw.stream()
                .map(r -> Example.of(r.text, target(r, problem, labels)))
                .toList();
        List<String> notices = new ArrayList<>(encoder.notices());
        if (raw.size() < all.size()) {
            notices.add((all.size() - raw.size()) + " of " + all.size() + " rows of " + name
                    + " have the label -1, which stands for no label, and are left out; if -1 is a class, give classes"
                    + " names");
        }
        notices.addAll(unused(problem, labels, examples, name));
        return new ClassificationData(problem, labels, examples, notices);
    }

    /**
     * Refuses a list of 0 and 1 that has one of them twice. It says 0 or 1 for each class, and a list has the labels of
     * a row, so such numbers would become labels.
     */
    private static void checkNames(Object label, String where) {
        if (!(label instanceof List<?> several)) {
            return;
        }
        if (several.stream().anyMatch(Objects::isNull)) {
            throw new DataException(where + " has null among its labels");
        }
        List<String> names = several.stream().map(LabelMap::name).toList();
        boolean isTwice = names.size() > Set.copyOf(names).size();
        if (isTwice && NO_AND_YES.containsAll(names)) {
            String name = names.stream()
                    .filter(one -> names.indexOf(one) < names.lastIndexOf(one))
                    .findFirst()
                    .orElseThrow();
            throw new DataException(where + " has the label '" + name + "' twice: " + NOT_READ);
        }
    }

    /** Refuses rows of two classes that all have the list [0, 1] or [1, 0], which would give each row both labels. */
    private static void checkTwoNames(List<Raw> raw, String name) {
        boolean all = raw.stream()
                .allMatch(r -> r.label instanceof List<?> several
                        && several.stream()
                                .map(LabelMap::name)
                                .collect(Collectors.toSet())
                                .equals(NO_AND_YES));
        if (all) {
            throw new DataException("all rows of " + name + " have the labels '0' and '1': " + NOT_READ);
        }
    }

    /** Returns the rows that have a class. */
    private static List<Raw> labelled(List<Raw> all, LabelRule rule) {
        boolean lacks = rule.labels
                .map(known -> !known.names().contains(NO_LABEL))
                .orElseGet(() -> !rule.ofModel.contains(NO_LABEL)
                        && all.stream()
                                .map(r -> LabelMap.name(r.label))
                                .allMatch(label -> label.equals(NO_LABEL)
                                        || CLASS_NUMBER.matcher(label).matches())
                        && all.stream().anyMatch(r -> LabelMap.name(r.label).equals("0")));
        return lacks
                ? all.stream()
                        .filter(r -> !LabelMap.name(r.label).equals(NO_LABEL))
                        .toList()
                : all;
    }

    private static Object split(Object label, Optional<String> delimiter) {
        if (delimiter.isEmpty() || !(label instanceof String text)) {
            return label;
        }
        return Arrays.stream(text.split(Pattern.quote(delimiter.get())))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    private static ProblemType problem(List<Raw> raw) {
        if (raw.stream().anyMatch(r -> r.label instanceof List<?>)) {
            return ProblemType.MULTI_LABEL_CLASSIFICATION;
        }
        boolean numbers = raw.stream().allMatch(r -> number(r.label).isPresent() || isLacking(r.label));
        boolean fractions = raw.stream().anyMatch(r -> isFraction(r.label));
        return numbers && fractions ? ProblemType.REGRESSION : ProblemType.SINGLE_LABEL_CLASSIFICATION;
    }

    /** Returns whether a label is what tables write where a number is lacking. */
    private static boolean isLacking(Object label) {
        return label instanceof String text && LACKING.matcher(text.strip()).matches();
    }

    private static boolean isFraction(Object label) {
        return label instanceof Double
                || label instanceof Float
                || label instanceof String text
                        && text.matches(".*[.eE].*")
                        && number(text).isPresent();
    }

    private static Optional<Float> number(Object label) {
        if (label instanceof Number number) {
            return Optional.of(number.floatValue());
        }
        try {
            return label instanceof String text ? Optional.of(Float.parseFloat(text.strip())) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static LabelMap labels(List<Raw> raw, String name, LabelRule rule) {
        if (rule.labels.isPresent()) {
            return rule.labels.get();
        }
        List<Object> all = new ArrayList<>();
        for (Raw r : raw) {
            if (r.label instanceof List<?> several) {
                all.addAll(several);
            } else if (r.label instanceof String text && text.isBlank()) {
                throw new DataException(r.where + " has an empty label");
            } else {
                all.add(r.label);
            }
        }
        LabelMap labels = LabelMap.ofData(all, rule.ofModel);
        if (labels.size() < 2) {
            throw new DataException(
                    labels.size() == 0
                            ? "no row of " + name + " has a label"
                            : "all rows of " + name + " have the label '"
                                    + labels.names().getFirst() + "': there is nothing to learn");
        }
        return labels;
    }

    private static Target target(Raw raw, ProblemType problem, LabelMap labels) {
        return switch (problem) {
            case REGRESSION -> {
                float number = number(raw.label)
                        .filter(Float::isFinite)
                        .orElseThrow(() -> new DataException(
                                raw.where + " has '" + raw.label + "' where a number is to be learned, unless"
                                        + " problem_type is said to be single_label_classification"));
                yield new Target.Numbers(new float[] {number});
            }
            case SINGLE_LABEL_CLASSIFICATION -> {
                if (raw.label instanceof List<?>) {
                    throw new DataException(raw.where + " has a list of labels where each row has one class");
                }
                yield new Target.OneClass(labels.index(raw.label, raw.where));
            }
            case MULTI_LABEL_CLASSIFICATION -> {
                float[] values = new float[labels.size()];
                List<?> several = raw.label instanceof List<?> list ? list : List.of(raw.label);
                several.forEach(label -> values[labels.index(label, raw.where)] = 1);
                yield new Target.Numbers(values);
            }
        };
    }

    /** Returns a notice if examples have some of the labels in no row; numbers to learn have no labels. */
    public static List<String> unused(ProblemType problem, LabelMap labels, List<Example> examples, String name) {
        if (problem == ProblemType.REGRESSION) {
            return List.of();
        }
        long[] counts = new long[labels.size()];
        for (Example example : examples) {
            switch (example.target()) {
                case Target.OneClass one -> counts[one.index()]++;
                case Target.Numbers numbers ->
                    IntStream.range(0, counts.length).forEach(i -> counts[i] += (long) numbers.values()[i]);
                case Target.Unknown unknown -> {}
                case Target.TokenClasses tokens -> {}
                case Target.Span span -> {}
                case Target.Inputs inputs -> {}
            }
        }
        List<String> absent = IntStream.range(0, counts.length)
                .filter(i -> counts[i] == 0)
                .mapToObj(i -> labels.names().get(i))
                .toList();
        return absent.isEmpty()
                ? List.of()
                : List.of(name + " has no rows of " + (absent.size() == 1 ? "the label " : absent.size() + " labels: ")
                        + String.join(", ", absent.subList(0, Math.min(absent.size(), 10)))
                        + (absent.size() > 10 ? ", ..." : ""));
    }
}
