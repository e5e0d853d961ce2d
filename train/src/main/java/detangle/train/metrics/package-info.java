/** This package compares predictions with labels: classes, numbers, entities, answers, and words behind masks. */
package detangle.train.metrics;
