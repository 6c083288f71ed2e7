# SPDX-License-Identifier: MIT
#
# What all pictures share. conditions, command and height (in pixels) are given.

set encoding utf8
set border 3 linewidth 0.7
set tics nomirror out scale 0.6
set grid linewidth 0.5 linecolor rgb '#999999' dashtype (2, 4)
set key noenhanced
set label 1001 conditions at screen 0.012, screen (26.0 / height) font ',10.5' noenhanced textcolor rgb '#777777'
set label 1002 command at screen 0.012, screen (10.0 / height) font ',10.5' noenhanced textcolor rgb '#777777'
set bmargin at screen (92.0 / height)
set tmargin at screen (1 - 52.0 / height)
set lmargin at screen 0.09
set rmargin at screen 0.97
