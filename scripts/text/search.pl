#!/usr/bin/perl
##~~ {title: Search a text, description: "Finds the lines of a text that match a regular expression", timeout: 10m,
##~~   terminal: true}
##~~ ignore_case {type: boolean, flag: --ignore-case, label: Ignore upper and lower case, default: true} - finds
##~~   "Alice" and "ALICE"
##~~ invert {type: boolean, flag: --invert, label: Lines that do not match, default: false} - turns the search round
##~~ context {type: integer, flag: --context, label: Lines around, required: false, min: 0, max: 50} - so many lines
##~~   before and after each match are shown as well
##~~ input {type: input, label: Text} - the text to search, in UTF-8
##~~ output {type: output, label: Result, default: matches.txt} - the lines found, with their numbers
##~~ pattern {type: text, label: Regular expression, placeholder: '\brabbit(-hole)?\b'} - as in Perl

use strict;
use warnings;

my ( $ignore_case, $invert, $context ) = ( 0, 0, 0 );
while ( @ARGV && $ARGV[0] =~ /\A--/ ) {
    my $option = shift @ARGV;
    if    ( $option eq '--ignore-case' )               { $ignore_case = 1 }
    elsif ( $option eq '--invert' )                    { $invert      = 1 }
    elsif ( $option =~ /\A--context=([0-9]{1,2})\z/ && $1 <= 50 ) { $context = $1 }
    else  { fail("option not understood: $option") }
}
fail('usage: search.pl [--ignore-case] [--invert] [--context=0..50] input output pattern') if @ARGV != 3;
my ( $input, $output, $pattern ) = @ARGV;

utf8::decode($pattern) or fail('pattern is not UTF-8 text');
fail('pattern must not be empty') if $pattern eq '';
my $regex = eval { $ignore_case ? qr/$pattern/i : qr/$pattern/ } or fail( 'pattern is not understood: ' . reason($@) );

fail('the input cannot be read: Is a directory') if -d $input;
open my $lines, '<:raw', $input or fail("the input cannot be read: $!");
open my $result, '>:raw', $output or fail("the output cannot be written: $!");

my ( @earlier, $shown, $to_show );
my ( $found, $last_shown, $percent ) = ( 0, 0, 0 );
my $size = -s $lines;
$to_show = 0;
while ( my $line = <$lines> ) {
    # Of a large text, how far it is; Perl would keep these lines to itself where its output is no terminal.
    if ( $size > 1_000_000 and int( 100 * tell($lines) / $size ) > $percent ) {
        $percent = int( 100 * tell($lines) / $size );
        print "$percent%\n";
    }
    $line =~ s/\r?\n\z//;
    fail("the input is not UTF-8 text: line $.") if $line =~ /\0/ or not utf8::decode($line);
    $line =~ s/\A\x{FEFF}// if $. == 1;
    if ( ( $line =~ $regex ) xor $invert ) {
        show( $_->[0], '-', $_->[1] ) for @earlier;
        @earlier = ();
        show( $., ':', $line );
        $found++;
        $to_show = $context;
    }
    elsif ( $to_show > 0 ) {
        show( $., '-', $line );
        $to_show--;
    }
    elsif ($context) {
        push @earlier, [ $., $line ];
        shift @earlier if @earlier > $context;
    }
}
my $read = $.;
close $result or fail("the output cannot be written: $!");
print "$found of $read lines found\n";

# Numbers matching lines as "12:", lines around them as "12-", with "--" where lines were left out.
sub show {
    my ( $number, $mark, $line ) = @_;
    print {$result} "--\n" if $context && $last_shown && $number > $last_shown + 1;
    utf8::encode($line);
    print {$result} "$number$mark$line\n" or fail("the output cannot be written: $!");
    $last_shown = $number;
    return;
}

sub reason {
    my ($message) = @_;
    $message =~ s/ at \S+ line \d+\.?\n?\z//;
    utf8::encode($message);
    return $message;
}

sub fail {
    my ($message) = @_;
    print {*STDERR} "$message\n";
    exit 1;
}
