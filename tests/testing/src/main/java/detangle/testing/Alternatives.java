package detangle.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Alternatives to draw from, each as often as its weight says. */
final class Alternatives<T> {
    /** Each alternative as many times as its weight. */
    private final List<T> tickets = new ArrayList<>();

    /** Adds an alternative that is drawn {@code weight} times as often as one of weight 1. */
    Alternatives<T> add(int weight, T alternative) {
        tickets.addAll(Collections.nCopies(weight, alternative));
        return this;
    }

    T draw(Random random) {
        return tickets.get(random.nextInt(tickets.size()));
    }
}
