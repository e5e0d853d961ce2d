/** This package lets several processes train one model together: it connects them and adds up their numbers. */
package detangle.train.parallel;
