package detangle.pipelines;

import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordSpans.Word;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A text with those of its words that have tokens. A word of which the tokenizer leaves nothing is not a part of an
 * entity.
 *
 * @param labels the labels, each once
 * @param relations the relations, each once
 */
record ExtractionText(ExtractionRequest request, List<String> labels, List<String> relations, List<Word> words) {
    ExtractionOptions options() {
        return request.options();
    }

    Entity entity(Found found) {
        int start = words.get(found.first()).start();
        int end = words.get(found.last()).end();
        return new Entity(
                labels.get(found.label()), found.score(), request.text().substring(start, end), start, end);
    }

    /** Returns the most probable labels of each entity; nothing if they are not asked for. */
    List<SequencedMap<String, Double>> classProbabilities(List<Found> chosen) {
        List<SequencedMap<String, Double>> all = new ArrayList<>();
        if (options().classProbabilities()) {
            for (Found found : chosen) {
                SequencedMap<String, Double> likely = new LinkedHashMap<>();
                found.likely().forEach(one -> likely.put(labels.get(one.label()), one.probability()));
                all.add(likely);
            }
        }
        return all;
    }

    /**
     * Returns the parts of the text that may be entities, as words of a window; those that do not begin and end with
     * words are left out.
     *
     * @param firstWord the window's first word
     */
    Set<WordRange> ranges(List<TextSpan> spans, int firstWord) {
        Map<Integer, Integer> starts = new HashMap<>();
        Map<Integer, Integer> ends = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            starts.put(words.get(i).start(), i - firstWord);
            ends.put(words.get(i).end(), i - firstWord);
        }
        return spans.stream()
                .filter(span -> starts.containsKey(span.start()) && ends.containsKey(span.end()))
                .map(span -> new WordRange(starts.get(span.start()), ends.get(span.end())))
                .collect(Collectors.toSet());
    }
}
